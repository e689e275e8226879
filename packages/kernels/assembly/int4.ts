import { Codes } from './codes'
import { BLOCK, INFINITY_BITS, MAGNITUDES, ROUNDERS } from './constants'
import { firstFrom, maxMagnitude, maxOfLanes, scaleOf } from './magnitude'
import { Nibbles } from './nibbles'
import { Rounding } from './rounding'

const CODE_MAX: i32 = 7

/** As encodeInt8. */
export function encodeInt4(values: usize, count: i32, out: usize): i32 {
  const rounder = v128.load(ROUNDERS)
  const mask = v128.load(MAGNITUDES)
  const end = values + ((<usize>(count & -BLOCK)) << 2)
  let from = values
  let to = out
  let peak = from < end ? maxMagnitude(from, BLOCK) : 0
  while (from < end) {
    if (peak >= INFINITY_BITS) break
    const scale = scaleOf(from, BLOCK, peak, CODE_MAX)
    const divisor = f32x4.splat(scale == 0 ? 1 : scale)
    const ahead: usize = from + 4 * BLOCK < end ? 4 * BLOCK : 0
    let m = i32x4.splat(0)
    let n = m
    store<f32>(to, scale)
    to += 4
    for (const last = to + BLOCK / 2; to < last; to += 16, from += 128) {
      const next = from + ahead
      m = i32x4.max_s(m, v128.and(v128.load(next), mask))
      n = i32x4.max_s(n, v128.and(v128.load(next, 16), mask))
      m = i32x4.max_s(m, v128.and(v128.load(next, 32), mask))
      n = i32x4.max_s(n, v128.and(v128.load(next, 48), mask))
      const a = Rounding.nearestCodes(from, divisor, rounder)
      m = i32x4.max_s(m, v128.and(v128.load(next, 64), mask))
      n = i32x4.max_s(n, v128.and(v128.load(next, 80), mask))
      m = i32x4.max_s(m, v128.and(v128.load(next, 96), mask))
      n = i32x4.max_s(n, v128.and(v128.load(next, 112), mask))
      const b = Rounding.nearestCodes(from + 64, divisor, rounder)
      v128.store(to, Nibbles.pack(a, b))
    }
    peak = maxOfLanes(i32x4.max_s(m, n))
  }
  const done = <i32>((from - values) >>> 2)
  if (from < end) return done + firstFrom(from, INFINITY_BITS)
  const refused = Codes.encodeRest(from, count - done, to, true)
  return refused < 0 ? -1 : done + refused
}

/**
 * @param index of the first value within the whole array; even
 * @returns as {@link encodeInt4}
 */
export function encodeInt4ByChance(
  values: usize,
  count: i32,
  out: usize,
  index: i32,
  first: i32,
  second: i32
): i32 {
  return Codes.encodeByChance(values, count, out, index, first, second, true)
}

/** Writes `code * scale`. */
export function decodeInt4(bytes: usize, count: i32, out: usize): void {
  Codes.decode(bytes, count, out, true)
}

/** Adds `factor * (code * scale)`. */
export function accumulateInt4(bytes: usize, count: i32, out: usize, factor: f32): void {
  Codes.accumulate(bytes, count, out, factor, true)
}
