import type { PeerId } from '@daa-compute/interface'
import { HandshakeError } from '../noise/handshake/errors.ts'
import { RefusalError } from './errors.ts'

/** @param limit in bytes */
export function handshakeTooLong(
  address: string,
  limit: number
): RefusalError<'HANDSHAKE_TOO_LONG'> {
  return new RefusalError(
    'HANDSHAKE_TOO_LONG',
    `${address} sent more than ${limit} bytes before it was connected; it speaks another protocol or means harm`,
    { address, limit }
  )
}

/** @param received bytes that had come */
export function handshakeTimedOut(
  address: string,
  limitMs: number,
  received: number
): RefusalError<'HANDSHAKE_TIMEOUT'> {
  return new RefusalError(
    'HANDSHAKE_TIMEOUT',
    `${address} was not connected within ${limitMs} ms, ${received} bytes had come; it is very slow, or holds connections open on purpose`,
    { address, limitMs, received }
  )
}

/**
 * @param received bytes that had come
 * @param cause what ended it, if that is known
 */
export function handshakeFailed(
  address: string,
  received: number,
  cause: Error | undefined
): RefusalError<'HANDSHAKE_FAILED'> {
  return new RefusalError(
    'HANDSHAKE_FAILED',
    cause instanceof HandshakeError
      ? `no encrypted connection with ${address}, ${received} bytes had come: ${cause.message}`
      : `${address} left or failed to prove who it is, ${received} bytes had come; it may not be a peer at all`,
    { address, received },
    cause === undefined ? undefined : { cause }
  )
}

export function malformed(address: string, peer: PeerId, cause: Error): RefusalError<'MALFORMED'> {
  return new RefusalError(
    'MALFORMED',
    `${peer} sent what cannot be decrypted, or is no frame; it is faulty, or somebody on the way altered it`,
    { address, peer },
    { cause }
  )
}
