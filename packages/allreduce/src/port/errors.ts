import {
  type ChannelErrorDetails,
  type ConnectorErrorDetails,
  DaaError,
  type PeerId
} from '@daa-compute/interface'

/** The contract's channel errors, as channels over message ports throw them. */
export class PortChannelError<Code extends keyof ChannelErrorDetails> extends DaaError<
  ChannelErrorDetails,
  Code
> {
  override readonly name: string = 'ChannelError'
}

/** The contract's connector errors, as the connector over message ports throws them. */
export class PortConnectorError<Code extends keyof ConnectorErrorDetails> extends DaaError<
  ConnectorErrorDetails,
  Code
> {
  override readonly name: string = 'ConnectorError'
}

export function closedError(peer: PeerId): Error {
  return new PortChannelError(
    'CLOSED',
    `the channel to ${peer} is closed: open another one to go on`,
    { peer }
  )
}

export function resetError(peer: PeerId): Error {
  return new PortChannelError(
    'RESET',
    `the channel to ${peer} was aborted there, or its port was closed: open another one`,
    { peer }
  )
}

export function tooLargeError(peer: PeerId, length: number, limit: number): Error {
  return new PortChannelError(
    'FRAME_TOO_LARGE',
    `${length} bytes are more than the ${limit} that the channel to ${peer} takes at once: cut them`,
    { peer, length, limit }
  )
}

export function concurrentError(peer: PeerId): Error {
  return new PortChannelError(
    'CONCURRENT_RECEIVE',
    `receive was called while another receive from ${peer} waits: await that one first`,
    { peer }
  )
}

export function unreachableError(peer: PeerId): Error {
  return new PortConnectorError(
    'UNREACHABLE',
    `${peer} cannot be reached: there is no port to it, or it was closed`,
    { peer }
  )
}

export function notSupportedError(peer: PeerId, protocol: string): Error {
  return new PortConnectorError(
    'PROTOCOL_NOT_SUPPORTED',
    `${peer} does not accept ${protocol}: it has to call accept for it first`,
    { peer, protocol }
  )
}

export function alreadyAcceptedError(protocol: string): Error {
  return new PortConnectorError(
    'ALREADY_ACCEPTED',
    `${protocol} already has a handler here: stop that one first`,
    { protocol }
  )
}

export function stoppedError(): Error {
  return new PortConnectorError('STOPPED', 'this connector was stopped: make another one', {})
}
