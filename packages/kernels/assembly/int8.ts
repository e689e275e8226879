import { Codes } from './codes'
import { BLOCK, INFINITY_BITS, MAGNITUDES, ROUNDERS } from './constants'
import { firstFrom, maxMagnitude, maxOfLanes, Scale, scaleOf } from './magnitude'
import { Rounding } from './rounding'

const CODE_MAX: i32 = 127

const BLOCK_BYTES: usize = 4 * 256

/**
 * Two factors with the inverse of a scale between them, 2^-21 of it away: a float32
 * inverse, the factor made of it and the product with it are off by 2^-24 each.
 */
abstract class Bracket {
  /** Whether the inverse is exact to 2^-24: neither it nor the scale is denormal. */
  @inline
  static holds(scale: f32): bool {
    return scale > <f32>1e-30 && scale < <f32>1e30
  }

  /** Where it is not, factors that never agree. */
  @inline
  static below(scale: f32): f32 {
    return Bracket.holds(scale) ? (<f32>1 / scale) * <f32>(1.0 - 1.0 / 2097152.0) : 0
  }

  @inline
  static above(scale: f32): f32 {
    return Bracket.holds(scale) ? (<f32>1 / scale) * <f32>(1.0 + 1.0 / 2097152.0) : <f32>Infinity
  }
}

/**
 * While a block is divided, the scale of the next one and the largest magnitude of
 * the one after that are found, so that neither memory nor the divider ever waits.
 *
 * Divisions alone would take all of the time. So one vector in four is multiplied
 * instead, by a number a little below the inverse of the scale and by one a little
 * above: where both products are rounded to the same code, so is the quotient, which
 * is between them. Where they are not, which is once in some hundred blocks, the
 * block is divided once more.
 *
 * @returns -1, or the index of the first value that is not finite
 */
export function encodeInt8(values: usize, count: i32, out: usize): i32 {
  const rounder = v128.load(ROUNDERS)
  const mask = v128.load(MAGNITUDES)
  const end = values + ((<usize>(count & -BLOCK)) << 2)
  let from = values
  let to = out
  let peak = from < end ? maxMagnitude(from, BLOCK) : 0
  let coming = from + BLOCK_BYTES < end ? maxMagnitude(from + BLOCK_BYTES, BLOCK) : peak
  let scale = Scale.of(from, BLOCK, peak, CODE_MAX)
  while (from < end && peak < INFINITY_BITS) {
    // the last two blocks look at themselves once more
    const after = from + BLOCK_BYTES < end ? from + BLOCK_BYTES : from
    const ahead: usize = from + 2 * BLOCK_BYTES < end ? 2 * BLOCK_BYTES : 0
    const comingScale = Scale.of(after, BLOCK, coming, CODE_MAX)
    const divisor = f32x4.splat(scale)
    const below = f32x4.splat(Bracket.below(scale))
    const above = f32x4.splat(Bracket.above(scale))
    let m = i32x4.splat(0)
    let n = m
    let doubt = m
    store<f32>(to, scale)
    to += 4
    for (const last = to + BLOCK; to < last; to += 16, from += 64) {
      const next = from + ahead
      m = i32x4.max_s(m, v128.and(v128.load(next), mask))
      n = i32x4.max_s(n, v128.and(v128.load(next, 16), mask))
      m = i32x4.max_s(m, v128.and(v128.load(next, 32), mask))
      n = i32x4.max_s(n, v128.and(v128.load(next, 48), mask))
      const a = f32x4.add(f32x4.div(v128.load(from), divisor), rounder)
      const b = f32x4.add(f32x4.div(v128.load(from, 16), divisor), rounder)
      const c = f32x4.add(f32x4.div(v128.load(from, 32), divisor), rounder)
      const value = v128.load(from, 48)
      const d = f32x4.add(f32x4.mul(value, below), rounder)
      doubt = v128.or(doubt, v128.xor(d, f32x4.add(f32x4.mul(value, above), rounder)))
      v128.store(to, Rounding.narrow(a, b, c, d, rounder))
    }
    if (v128.any_true(doubt)) divideBlock(from - BLOCK_BYTES, to - BLOCK, scale)
    peak = coming
    coming = maxOfLanes(i32x4.max_s(m, n))
    scale = comingScale
  }
  const done = <i32>((from - values) >>> 2)
  if (from < end) return done + firstFrom(from, INFINITY_BITS)
  const refused = Codes.encodeRest(from, count - done, to, false)
  return refused < 0 ? -1 : done + refused
}

function divideBlock(values: usize, out: usize, scale: f32): void {
  const rounder = v128.load(ROUNDERS)
  // with a scale of zero, 0 / 1 makes the zeros
  const divisor = f32x4.splat(scale == 0 ? 1 : scale)
  for (let i = 0; i < BLOCK; i += 16) {
    v128.store(out + i, Rounding.nearestCodes(values + ((<usize>i) << 2), divisor, rounder))
  }
}

/**
 * @param index of the first value within the whole array; even
 * @returns as {@link encodeInt8}
 */
export function encodeInt8ByChance(
  values: usize,
  count: i32,
  out: usize,
  index: i32,
  first: i32,
  second: i32
): i32 {
  return Codes.encodeByChance(values, count, out, index, first, second, false)
}

/** Writes `code * scale`. */
export function decodeInt8(bytes: usize, count: i32, out: usize): void {
  Codes.decode(bytes, count, out, false)
}

/** Adds `factor * (code * scale)`. */
export function accumulateInt8(bytes: usize, count: i32, out: usize, factor: f32): void {
  Codes.accumulate(bytes, count, out, factor, false)
}
