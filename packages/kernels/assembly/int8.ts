import { BLOCK, INFINITY_BITS, MAGNITUDES, ROUNDERS } from './constants'
import { firstFrom, maxMagnitude, maxOfLanes, Scale, scaleOf } from './magnitude'
import { codeByChance, nearestCode, Rounding } from './rounding'
import { Widening } from './widening'

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
  const refused = encodeRest(from, count - done, to)
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

/** A block that is not whole. */
function encodeRest(values: usize, count: i32, out: usize): i32 {
  if (count == 0) return -1
  const peak = maxMagnitude(values, count)
  if (peak >= INFINITY_BITS) return firstFrom(values, INFINITY_BITS)
  const scale = scaleOf(values, count, peak, CODE_MAX)
  store<f32>(out, scale)
  const divisor: f32 = scale == 0 ? 1 : scale
  for (let i = 0; i < count; i++) {
    store<i8>(out + i, <i8>nearestCode(load<f32>(values + ((<usize>i) << 2)) / divisor), 4)
  }
  return -1
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
  const rounder = v128.load(ROUNDERS)
  const codeMax = f32x4.splat(<f32>CODE_MAX)
  const firsts = i32x4.splat(first)
  const seconds = i32x4.splat(second)
  let to = out
  for (let start = 0; start < count; start += BLOCK) {
    const from = values + ((<usize>start) << 2)
    const length = min(BLOCK, count - start)
    const peak = maxMagnitude(from, length)
    if (peak >= INFINITY_BITS) return start + firstFrom(from, INFINITY_BITS)
    const scale = scaleOf(from, length, peak, CODE_MAX)
    store<f32>(to, scale)
    to += 4
    const at = index + start
    if (scale == 0) memory.fill(to, 0, length)
    else if (length == BLOCK) {
      const divisor = f32x4.splat(scale)
      for (let i = 0; i < BLOCK; i += 16) {
        const source = from + ((<usize>i) << 2)
        v128.store(
          to + i,
          Rounding.codesByChance(source, divisor, rounder, codeMax, at + i, firsts, seconds)
        )
      }
    } else {
      for (let i = 0; i < length; i++) {
        const quotient = load<f32>(from + ((<usize>i) << 2)) / scale
        store<i8>(to + i, <i8>codeByChance(quotient, at + i, CODE_MAX, first, second))
      }
    }
    to += length
  }
  return -1
}

/** Writes `code * scale`. */
export function decodeInt8(bytes: usize, count: i32, out: usize): void {
  let from = bytes
  for (let start = 0; start < count; start += BLOCK) {
    const to = out + ((<usize>start) << 2)
    const length = min(BLOCK, count - start)
    const scale = load<f32>(from)
    from += 4
    if (length == BLOCK) {
      const factor = f32x4.splat(scale)
      for (let i = 0; i < BLOCK; i += 16) {
        Widening.store(v128.load(from + i), factor, to + ((<usize>i) << 2))
      }
    } else {
      for (let i = 0; i < length; i++) {
        store<f32>(to + ((<usize>i) << 2), <f32>load<i8>(from + i) * scale)
      }
    }
    from += length
  }
}

/** Adds `factor * (code * scale)`. */
export function accumulateInt8(bytes: usize, count: i32, out: usize, factor: f32): void {
  const factors = f32x4.splat(factor)
  let from = bytes
  for (let start = 0; start < count; start += BLOCK) {
    const to = out + ((<usize>start) << 2)
    const length = min(BLOCK, count - start)
    const scale = load<f32>(from)
    from += 4
    if (length == BLOCK) {
      const scales = f32x4.splat(scale)
      for (let i = 0; i < BLOCK; i += 16) {
        Widening.add(v128.load(from + i), scales, factors, to + ((<usize>i) << 2))
      }
    } else {
      for (let i = 0; i < length; i++) {
        const at = to + ((<usize>i) << 2)
        store<f32>(at, load<f32>(at) + factor * (<f32>load<i8>(from + i) * scale))
      }
    }
    from += length
  }
}
