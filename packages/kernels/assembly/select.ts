import { MAGNITUDE } from './constants'

/** Loops for vectors. */
abstract class Above {
  /** One bit for each of sixteen values whose magnitude is larger than `limit`. */
  @inline
  static mask(at: usize, magnitudes: v128, limit: v128): i32 {
    const a = i32x4.gt_s(v128.and(v128.load(at), magnitudes), limit)
    const b = i32x4.gt_s(v128.and(v128.load(at, 16), magnitudes), limit)
    const c = i32x4.gt_s(v128.and(v128.load(at, 32), magnitudes), limit)
    const d = i32x4.gt_s(v128.and(v128.load(at, 48), magnitudes), limit)
    return i8x16.bitmask(
      i8x16.narrow_i16x8_s(i16x8.narrow_i32x4_s(a, b), i16x8.narrow_i32x4_s(c, d))
    )
  }
}

/**
 * Collects the values whose magnitude is at least `least`.
 *
 * @param index of the first value within the whole array
 * @param out takes the index and the magnitude's bits of each; room for all `count`
 * @returns how many there are
 */
export function collectAbove(values: usize, count: i32, least: i32, index: i32, out: usize): i32 {
  const magnitudes = i32x4.splat(MAGNITUDE)
  const limit = i32x4.splat(least - 1)
  let to = out
  let i = 0
  for (; i + 16 <= count; i += 16) {
    const from = values + ((<usize>i) << 2)
    let mask = Above.mask(from, magnitudes, limit)
    while (mask != 0) {
      const lane = ctz(mask)
      mask &= mask - 1
      store<i32>(to, index + i + lane)
      store<i32>(to, load<i32>(from + ((<usize>lane) << 2)) & MAGNITUDE, 4)
      to += 8
    }
  }
  for (; i < count; i++) {
    const magnitude = load<i32>(values + ((<usize>i) << 2)) & MAGNITUDE
    if (magnitude >= least) {
      store<i32>(to, index + i)
      store<i32>(to, magnitude, 4)
      to += 8
    }
  }
  return <i32>((to - out) >>> 3)
}
