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
  const { even, odd } = COUNTERS
  even.fill(0)
  odd.fill(0)
  // two counters in turn: the next increment of one has to wait for the last
  const last = bits.length - 1
  for (let i = 0; i < last; i += 2) {
    const first = (bits[i]! & MAGNITUDE) >>> LOWER_BITS
    even[first] = even[first]! + 1
    const second = (bits[i + 1]! & MAGNITUDE) >>> LOWER_BITS
    odd[second] = odd[second]! + 1
  }
  if (last % 2 === 0) {
    const upper = (bits[last]! & MAGNITUDE) >>> LOWER_BITS
    even[upper] = even[upper]! + 1
  }
  const { largest, bucket: upper, left } = findBucket(even, odd, count)

  even.fill(0)
  odd.fill(0)
  for (let i = 0; i <= last; i++) {
    const magnitude = bits[i]! & MAGNITUDE
    if (magnitude >>> LOWER_BITS === upper) {
      const counter = (i & 1) === 0 ? even : odd
      const lower = magnitude & ((1 << LOWER_BITS) - 1)
      counter[lower] = counter[lower]! + 1
    }
  }
  const { bucket: lower, left: ties } = findBucket(even, odd, left)
  return { magnitude: (upper << LOWER_BITS) | lower, ties, largest: largest << LOWER_BITS }
}

/** Kept, as they are as large as many an array: nothing else runs during a call. */
const COUNTERS = {
  even: new Uint32Array(1 << UPPER_BITS),
  odd: new Uint32Array(1 << UPPER_BITS)
}

interface Bucket {
  /** The last that is not empty. */
  readonly largest: number
  /** Where the search ended. */
  readonly bucket: number
  /** How many of those there are wanted. */
  readonly left: number
}

/** Goes down from the largest until `wanted` are found. */
function findBucket(even: Uint32Array, odd: Uint32Array, wanted: number): Bucket {
  let largest = even.length - 1
  while ((even[largest]! | odd[largest]!) === 0) largest--
  let bucket = largest
  let left = wanted
  for (;;) {
    const found = even[bucket]! + odd[bucket]!
    if (found >= left) return { largest, bucket, left }
    left -= found
    bucket--
  }
}
