/**
 * Finds the first value that is infinite or NaN.
 *
 * Works on the bits: adding one unit of exponent to an exponent of all ones
 * carries into the sign, so that one OR per value collects the answer for many,
 * and no comparison is needed until there is something to find.
 *
 * @param bits float32 values as integers
 * @returns its index, or -1 when all values are finite
 */
export function findNonFinite(bits: Int32Array): number {
  const length = bits.length
  for (let start = 0; start < length; start += STRIDE) {
    const end = Math.min(start + STRIDE, length)
    if (anyNonFinite(bits, start, end)) {
      for (let i = start; i < end; i++) {
        if ((bits[i]! & EXPONENT) === EXPONENT) return i
      }
    }
  }
  return -1
}

/** Bits of the exponent of a float32. */
const EXPONENT = 0x7f80_0000
/** One unit of it. */
const EXPONENT_UNIT = 0x0080_0000
/** Values per question: long enough to make it cheap, short enough to stay in the cache. */
const STRIDE = 1024

function anyNonFinite(bits: Int32Array, start: number, end: number): boolean {
  let collected = 0
  for (let i = start; i < end; i++) collected |= (bits[i]! & EXPONENT) + EXPONENT_UNIT
  return collected < 0
}
