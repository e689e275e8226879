import { explainHandshakeError, type HandshakeError } from '@daa-compute/transport'

/** What the two ends are configured to: the next attempt would find the same. */
const FINAL: ReadonlySet<HandshakeError['code']> = new Set([
  'POST_QUANTUM_REQUIRED',
  'NO_COMMON_SUITE',
  'NO_COMMON_MUXER'
])

/** Why a dial was rejected, if it is that the two peers can never agree on an encryption. */
export function disagreementOf(error: unknown): HandshakeError | undefined {
  const cause = explainHandshakeError(error)
  return cause !== undefined && FINAL.has(cause.code) ? cause : undefined
}
