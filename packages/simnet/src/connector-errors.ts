import type { PeerId } from '@daa-compute/interface'
import { SimConnectorError } from './errors.ts'

export function unreachableError(peer: PeerId): Error {
  return new SimConnectorError(
    'UNREACHABLE',
    `${peer} cannot be reached: it was never added to the simnet, has crashed, or is the caller itself`,
    { peer }
  )
}

/** The peer has not answered in time. */
export function unansweredError(peer: PeerId, timeoutMs: number): Error {
  return new SimConnectorError(
    'UNREACHABLE',
    `${peer} has not answered for ${timeoutMs} ms: it is frozen or slow, or cut off from here`,
    { peer }
  )
}

/** The connection went away under the request. */
export function brokenError(peer: PeerId): Error {
  return new SimConnectorError(
    'UNREACHABLE',
    `the connection to ${peer} was lost while a channel was being opened on it: open it again`,
    { peer }
  )
}

export function notSupportedError(peer: PeerId, protocol: string): Error {
  return new SimConnectorError(
    'PROTOCOL_NOT_SUPPORTED',
    `${peer} does not accept ${protocol}: it has to call accept for it first`,
    { peer, protocol }
  )
}

export function alreadyAcceptedError(protocol: string): Error {
  return new SimConnectorError(
    'ALREADY_ACCEPTED',
    `${protocol} already has a handler here: stop that one first`,
    { protocol }
  )
}

export function stoppedError(): Error {
  return new SimConnectorError(
    'STOPPED',
    'this connector was stopped: crash the peer and add it again to go on',
    {}
  )
}
