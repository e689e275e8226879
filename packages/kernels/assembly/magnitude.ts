import { BLOCK, INFINITY_BITS, MAGNITUDE, MAGNITUDES } from './constants'

/** The largest magnitude of `count` values, as bits: an integer maximum finds NaN and infinity too. */
export function maxMagnitude(values: usize, count: i32): i32 {
  const mask = v128.load(MAGNITUDES)
  let a = i32x4.splat(0)
  let b = a
  let c = a
  let d = a
  let at = values
  const end = values + ((<usize>count) << 2)
  for (; at + 64 <= end; at += 64) {
    a = i32x4.max_s(a, v128.and(v128.load(at), mask))
    b = i32x4.max_s(b, v128.and(v128.load(at, 16), mask))
    c = i32x4.max_s(c, v128.and(v128.load(at, 32), mask))
    d = i32x4.max_s(d, v128.and(v128.load(at, 48), mask))
  }
  let peak = maxOfLanes(i32x4.max_s(i32x4.max_s(a, b), i32x4.max_s(c, d)))
  for (; at < end; at += 4) peak = max(peak, load<i32>(at) & MAGNITUDE)
  return peak
}

/** The largest of four. */
export function maxOfLanes(a: v128): i32 {
  const b = i32x4.max_s(a, v128.shuffle<i32>(a, a, 2, 3, 0, 1))
  return i32x4.extract_lane(i32x4.max_s(b, v128.shuffle<i32>(b, b, 1, 0, 3, 2)), 0)
}

/** {@link scaleOf}, the way most blocks go in line. */
export abstract class Scale {
  @inline
  static of(values: usize, count: i32, peak: i32, codeMax: i32): f32 {
    const first = load<i32>(values) & MAGNITUDE
    // perhaps ternary, or nearly denormal
    if (first == 0 || first == peak || peak < 1 << 27) return scaleOf(values, count, peak, codeMax)
    return reinterpret<f32>(reinterpret<i32>(reinterpret<f32>(peak) / <f32>codeMax) & -128)
  }
}

/**
 * Whether there is nothing but zeros and this magnitude: it is then the scale itself.
 * Other blocks are left at their first or second value.
 */
function isTernary(values: usize, count: i32, peak: i32): bool {
  for (let at = values, end = values + ((<usize>count) << 2); at < end; at += 4) {
    const magnitude = load<i32>(at) & MAGNITUDE
    if (magnitude != peak && magnitude != 0) return false
  }
  return true
}

/** The scale of a block whose largest magnitude is finite. */
export function scaleOf(values: usize, count: i32, peak: i32, codeMax: i32): f32 {
  return isTernary(values, count, peak) ? reinterpret<f32>(peak) : scaleForPeak(peak, codeMax)
}

/** The index of the first value that is not finite, or -1. */
export function findNonFinite(values: usize, count: i32): i32 {
  for (let start = 0; start < count; start += 4 * BLOCK) {
    const length = min(4 * BLOCK, count - start)
    const from = values + ((<usize>start) << 2)
    if (maxMagnitude(from, length) >= INFINITY_BITS) {
      return start + firstFrom(from, INFINITY_BITS)
    }
  }
  return -1
}

/** The index of the first magnitude of at least `least`; there is one. */
export function firstFrom(values: usize, least: i32): i32 {
  let index = 0
  while ((load<i32>(values + ((<usize>index) << 2)) & MAGNITUDE) < least) index++
  return index
}

/** The largest magnitude of each block, written as bits. */
export function blockMaxAbs(values: usize, count: i32, blockLength: i32, out: usize): void {
  for (let start = 0, to = out; start < count; start += blockLength, to += 4) {
    const length = min(blockLength, count - start)
    store<i32>(to, maxMagnitude(values + ((<usize>start) << 2), length))
  }
}

/** As scaleForPeak of src/scale.ts, which says why. */
function scaleForPeak(peak: i32, codeMax: i32): f32 {
  if (peak == 0) return 0
  if (peak >= codeMax << 16) {
    const bits = reinterpret<i32>(reinterpret<f32>(peak) / <f32>codeMax)
    const significant = bits >= 1 << 23 ? 24 : 32 - clz(bits)
    return reinterpret<f32>(bits & -(1 << (significant - 17)))
  }
  let unit: i32 = 1
  while (2 * peak >= unit * (2 * codeMax + 1)) unit <<= 1
  return reinterpret<f32>(unit)
}
