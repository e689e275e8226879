/**
 * Randomness, from outside: cryptographic in production, seeded in a simulation.
 */
export interface Random {
  /** Fills the array with uniformly random bytes and returns it. */
  fill(bytes: Uint8Array<ArrayBuffer>): Uint8Array<ArrayBuffer>

  /** A uniformly random number, at least 0 and less than 1. */
  next(): number
}
