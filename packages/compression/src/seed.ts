import { CodecError } from './errors.ts'

/**
 * The 64 bits of a seed.
 *
 * @throws {CodecError} `BAD_PARAMETER` for a number that is no safe integer
 */
export function seedOf(seed: bigint | number | undefined): bigint {
  if (seed === undefined) return 0n
  if (typeof seed === 'number' && !Number.isSafeInteger(seed)) {
    throw new CodecError(
      'BAD_PARAMETER',
      `a seed is a bigint or an integer that a number holds exactly, got ${seed}`,
      { name: 'seed', parameter: String(seed) }
    )
  }
  return BigInt.asUintN(64, BigInt(seed))
}
