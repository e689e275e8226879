import { BLOCK, INFINITY_BITS, MAGNITUDES, ROUNDERS } from './constants'
import { firstFrom, maxMagnitude, maxOfLanes, scaleOf } from './magnitude'
import { codeByChance, nearestCode, Rounding } from './rounding'
import { Widening } from './widening'

const CODE_MAX: i32 = 127

/**
 * While a block is divided, the next one is searched for its largest magnitude, so
 * that memory is read all the time.
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
  while (from < end) {
    if (peak >= INFINITY_BITS) break
    const scale = scaleOf(from, BLOCK, peak, CODE_MAX)
    // with a scale of zero, 0 / 1 makes the zeros
    const divisor = f32x4.splat(scale == 0 ? 1 : scale)
    const ahead: usize = from + 4 * BLOCK < end ? 4 * BLOCK : 0
    let a = i32x4.splat(0)
    let b = a
    store<f32>(to, scale)
    to += 4
    for (const last = to + BLOCK; to < last; to += 16, from += 64) {
      const next = from + ahead
      a = i32x4.max_s(a, v128.and(v128.load(next), mask))
      b = i32x4.max_s(b, v128.and(v128.load(next, 16), mask))
      a = i32x4.max_s(a, v128.and(v128.load(next, 32), mask))
      b = i32x4.max_s(b, v128.and(v128.load(next, 48), mask))
      v128.store(to, Rounding.nearestCodes(from, divisor, rounder))
    }
    peak = maxOfLanes(i32x4.max_s(a, b))
  }
  const done = <i32>((from - values) >>> 2)
  if (from < end) return done + firstFrom(from, INFINITY_BITS)
  const refused = encodeRest(from, count - done, to)
  return refused < 0 ? -1 : done + refused
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
