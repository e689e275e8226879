import { MAGNITUDE } from '../constants.ts'

/** Where the largest magnitudes end. */
export interface Cut {
  /** Bits of the smallest magnitude that is still among them. */
  readonly magnitude: number
  /** How many of those that equal it are. */
  readonly ties: number
  /** Bits of the largest magnitude, rounded down to a multiple of 2^15. */
  readonly largest: number
}

/** Bits of a magnitude that the first count tells apart; the second does the rest. */
const UPPER_BITS = 16
const LOWER_BITS = 31 - UPPER_BITS

/**
 * Finds the `count`-th largest magnitude by counting: first how many there are of
 * each upper half, then, in the half where it must be, of each lower one. Two
 * passes whatever the values are.
 *
 * @param count 1 to `bits.length`
 */
export function findCut(bits: Int32Array, count: number): Cut {
  const counts = new Uint32Array(1 << UPPER_BITS)
  for (let i = 0; i < bits.length; i++) {
    const upper = (bits[i]! & MAGNITUDE) >>> LOWER_BITS
    counts[upper] = counts[upper]! + 1
  }
  const largest = counts.findLastIndex((found) => found > 0) << LOWER_BITS
  const { bucket: upper, left } = findBucket(counts, count)

  counts.fill(0)
  for (let i = 0; i < bits.length; i++) {
    const magnitude = bits[i]! & MAGNITUDE
    if (magnitude >>> LOWER_BITS === upper) {
      const lower = magnitude & ((1 << LOWER_BITS) - 1)
      counts[lower] = counts[lower]! + 1
    }
  }
  const { bucket: lower, left: ties } = findBucket(counts, left)
  return { magnitude: (upper << LOWER_BITS) | lower, ties, largest }
}

/** Goes down from the largest until `wanted` are found: where that is, and how many of those there. */
function findBucket(counts: Uint32Array, wanted: number): { bucket: number; left: number } {
  let bucket = counts.length - 1
  let left = wanted
  while (counts[bucket]! < left) left -= counts[bucket--]!
  return { bucket, left }
}
