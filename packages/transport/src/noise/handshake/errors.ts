import { DaaError } from '@daa-compute/interface'

/** Codes of a {@link HandshakeError} and what each carries. */
export interface HandshakeErrorDetails {
  /** A message of the handshake, 1 to 3, is malformed, altered, or made for another one. */
  BAD_MESSAGE: { readonly message: number }
  /** A message is announced longer than any of its kind, in bytes. */
  MESSAGE_TOO_LONG: { readonly message: number; readonly length: number; readonly limit: number }
  /** What the remote says of itself cannot be read. */
  BAD_PAYLOAD: Record<never, never>
  /** The remote does not hold the key of the peer it says it is. */
  BAD_SIGNATURE: { readonly peer: string }
  /** Another peer than the one that was dialled. */
  PEER_MISMATCH: { readonly expected: string; readonly actual: string }
  /** The remote left during the handshake, before the message that was due. */
  CLOSED: { readonly message: number }
  /** It took too long, in ms. */
  TIMEOUT: { readonly limitMs: number }
  /** The remote speaks none of the encryptions that this end offers. */
  NO_COMMON_SUITE: { readonly offered: readonly string[] }
  /** Nothing to multiplex streams with that both ends have. */
  NO_COMMON_MUXER: { readonly offered: readonly string[]; readonly remote: readonly string[] }
  /** The remote has classical Noise only, and this end requires the post-quantum one. */
  POST_QUANTUM_REQUIRED: { readonly direction: 'inbound' | 'outbound' }
  /** Both ends would have spoken `suite`; somebody on the way made them believe otherwise. */
  DOWNGRADE: { readonly peer: string; readonly suite: string }
}

/** Why two peers could not agree on an encrypted connection. */
export class HandshakeError<
  Code extends keyof HandshakeErrorDetails = keyof HandshakeErrorDetails
> extends DaaError<HandshakeErrorDetails, Code> {
  override readonly name: string = 'HandshakeError'
}

/** @param message its number, from 1 */
export function badMessage(message: number, cause?: unknown): HandshakeError<'BAD_MESSAGE'> {
  return new HandshakeError(
    'BAD_MESSAGE',
    `message ${message} of the handshake is malformed or was altered; the remote is faulty or speaks another protocol`,
    { message },
    { cause }
  )
}

export function badPayload(cause?: unknown): HandshakeError<'BAD_PAYLOAD'> {
  return new HandshakeError(
    'BAD_PAYLOAD',
    'the remote describes itself in a way that cannot be read; it is faulty or newer than this end',
    {},
    { cause }
  )
}
