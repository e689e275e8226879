import { BLOCK } from './constants'

/**
 * Looks for what no encoder writes.
 *
 * @param infinity in the format: magnitudes from there on are infinite or NaN
 * @returns the index of the first, or -1
 */
export function findFaultOfHalves(bytes: usize, count: i32, infinity: i32): i32 {
  const mask = i16x8.splat(0x7fff)
  const limit = i16x8.splat(<i16>(infinity - 1))
  for (let start = 0; start < count; start += 4 * BLOCK) {
    const length = min(4 * BLOCK, count - start)
    const from = bytes + ((<usize>start) << 1)
    const end = from + ((<usize>length) << 1)
    let a = i16x8.splat(0)
    let b = a
    let at = from
    for (; at + 32 <= end; at += 32) {
      a = i16x8.max_s(a, v128.and(v128.load(at), mask))
      b = i16x8.max_s(b, v128.and(v128.load(at, 16), mask))
    }
    // fewer than sixteen are looked at one by one
    if (v128.any_true(i16x8.gt_s(i16x8.max_s(a, b), limit))) at = from
    for (; at < end; at += 2) {
      if ((<i32>load<u16>(at) & 0x7fff) >= infinity) return start + <i32>((at - from) >>> 1)
    }
  }
  return -1
}
