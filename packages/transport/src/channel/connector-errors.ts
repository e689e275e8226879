import type { PeerId } from '@daa-compute/interface'
import { ConnectorError } from '../errors.ts'
import { explainHandshakeError } from '../noise/handshake/explain-handshake-error.ts'

/** Why no channel could be opened, of what libp2p says. */
export function explainOpenError(
  peer: PeerId,
  protocol: string,
  cause: unknown
): ConnectorError<'PROTOCOL_NOT_SUPPORTED'> | ConnectorError<'UNREACHABLE'> {
  if (cause instanceof Error && cause.name === 'UnsupportedProtocolError') {
    return new ConnectorError(
      'PROTOCOL_NOT_SUPPORTED',
      `${peer} does not speak ${protocol}; it may run another version, or not have joined yet`,
      { peer, protocol },
      { cause }
    )
  }
  const relayed = cause instanceof Error && cause.name === 'LimitedConnectionError'
  return new ConnectorError(
    'UNREACHABLE',
    relayed
      ? `${peer} is reached through a relay alone, which carries no channels; let both ends listen on /webrtc, or one of them on an address that is open to the other`
      : `${peer} cannot be reached; check that it runs and that one of its addresses is known and open to this machine`,
    { peer },
    { cause: explainHandshakeError(cause) ?? cause }
  )
}

export function alreadyAccepted(
  protocol: string,
  cause?: unknown
): ConnectorError<'ALREADY_ACCEPTED'> {
  return new ConnectorError(
    'ALREADY_ACCEPTED',
    `${protocol} already has a handler; stop that one first`,
    { protocol },
    cause === undefined ? undefined : { cause }
  )
}

export function connectorStopped(): ConnectorError<'STOPPED'> {
  return new ConnectorError('STOPPED', 'the connector was stopped; make another one', {})
}
