import type { Admission, Introduction, PeerId } from '@daa-compute/interface'
import { createWriter } from '@daa-compute/wire'
import { hmac } from '@noble/hashes/hmac.js'
import { sha256 } from '@noble/hashes/sha2.js'
import { AdmissionError } from '../errors.ts'
import { refusal } from './refusal.ts'

/** Least bytes of a pre-shared key: who sees a proof could try all shorter ones. */
export const MIN_KEY_LENGTH = 32

/** Longest pre-shared key, in bytes: more adds nothing to what HMAC makes of it. */
export const MAX_KEY_LENGTH = 1024

/**
 * A private run: lets those peers in that hold the same secret key.
 *
 * The key is never sent. Each end proves that it has it by an HMAC-SHA-256 (RFC 2104)
 * over the run, both peer ids, in the order of who proves to whom, and random bytes of
 * both ends. So a proof is of no use to anybody else, in another direction, for
 * another run or another time.
 *
 * @param key 32 to 1024 random bytes, copied. A passphrase is none: whoever connects
 * gets a proof and can try all guesses at it in peace.
 * @throws {AdmissionError} `BAD_KEY`
 */
export function preSharedKey(key: Uint8Array): Admission {
  if (key.length < MIN_KEY_LENGTH || key.length > MAX_KEY_LENGTH) {
    throw new AdmissionError(
      'BAD_KEY',
      `a pre-shared key is ${MIN_KEY_LENGTH} to ${MAX_KEY_LENGTH} random bytes, got ${key.length}: make one with \`openssl rand -hex 32\` or crypto.getRandomValues`,
      { length: key.length }
    )
  }
  if (key.every((byte) => byte === 0)) {
    throw new AdmissionError(
      'BAD_KEY',
      'a pre-shared key is all zeros, as one that was wiped or never filled: give the random bytes',
      { length: key.length }
    )
  }
  // a copy, which `slice` of a Buffer would not be: who wipes that would let everybody in
  const secret = new Uint8Array(key)
  const prove = (
    { run, challenge }: Introduction,
    prover: PeerId,
    verifier: PeerId
  ): Uint8Array => {
    const statement = createWriter(512)
      .text('daa pre-shared key proof 1')
      .text(run)
      .text(prover)
      .text(verifier)
      .prefixed(challenge)
      .finish()
    return hmac(sha256, secret, statement)
  }
  return {
    asks: 'proof',
    present: async (introduction) => prove(introduction, introduction.self, introduction.peer),
    async admit(introduction, proof) {
      if (proof.length === 0) {
        return refusal('MISSING', 'it has shown no proof that it holds the pre-shared key')
      }
      const { self, peer } = introduction
      if (isEqual(prove(introduction, peer, self), proof)) return { admitted: true }
      return refusal('WRONG_KEY', 'its pre-shared key is not the one of this run: compare the two')
    }
  }
}

/** In a time that does not depend on where the two differ. */
function isEqual(a: Uint8Array, b: Uint8Array): boolean {
  if (a.length !== b.length) return false
  let difference = 0
  for (let i = 0; i < a.length; i++) difference |= (a[i] as number) ^ (b[i] as number)
  return difference === 0
}
