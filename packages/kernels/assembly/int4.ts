import { BLOCK, INFINITY_BITS, MAGNITUDES, ROUNDERS } from './constants'
import { firstFrom, maxMagnitude, maxOfLanes, scaleOf } from './magnitude'
import { Nibbles } from './nibbles'
import { codeByChance, nearestCode, Rounding } from './rounding'
import { Widening } from './widening'

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
  for (let i = 0; i < count; i += 2) {
    const at = values + ((<usize>i) << 2)
    const low = nearestCode(load<f32>(at) / divisor)
    const high = i + 1 < count ? nearestCode(load<f32>(at, 4) / divisor) : 0
    store<u8>(out + (i >>> 1), <u8>((low & 15) | (high << 4)), 4)
  }
  return -1
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
    const bytes = (length + 1) >>> 1
    const i0 = index + start
    if (scale == 0) memory.fill(to, 0, bytes)
    else if (length == BLOCK) {
      const divisor = f32x4.splat(scale)
      for (let i = 0; i < BLOCK; i += 32) {
        const at = from + ((<usize>i) << 2)
        const a = Rounding.codesByChance(at, divisor, rounder, codeMax, i0 + i, firsts, seconds)
        const b = Rounding.codesByChance(
          at + 64,
          divisor,
          rounder,
          codeMax,
          i0 + i + 16,
          firsts,
          seconds
        )
        v128.store(to + (i >>> 1), Nibbles.pack(a, b))
      }
    } else {
      for (let i = 0; i < length; i += 2) {
        const at = from + ((<usize>i) << 2)
        const low = codeByChance(load<f32>(at) / scale, i0 + i, CODE_MAX, first, second)
        const high =
          i + 1 < length
            ? codeByChance(load<f32>(at, 4) / scale, i0 + i + 1, CODE_MAX, first, second)
            : 0
        store<u8>(to + (i >>> 1), <u8>((low & 15) | (high << 4)))
      }
    }
    to += bytes
  }
  return -1
}

function codeAt(codes: usize, index: i32): f32 {
  return <f32>(((<i32>load<u8>(codes + (index >>> 1))) << (28 - ((index & 1) << 2))) >> 28)
}

/** Writes `code * scale`. */
export function decodeInt4(bytes: usize, count: i32, out: usize): void {
  let from = bytes
  for (let start = 0; start < count; start += BLOCK) {
    const to = out + ((<usize>start) << 2)
    const length = min(BLOCK, count - start)
    const scale = load<f32>(from)
    from += 4
    if (length == BLOCK) {
      const scales = f32x4.splat(scale)
      for (let i = 0; i < BLOCK; i += 32) {
        const packed = v128.load(from + (i >>> 1))
        const low = Nibbles.low(packed)
        const high = Nibbles.high(packed)
        Widening.store(Nibbles.first(low, high), scales, to + ((<usize>i) << 2))
        Widening.store(Nibbles.last(low, high), scales, to + ((<usize>i) << 2) + 64)
      }
    } else {
      for (let i = 0; i < length; i++) store<f32>(to + ((<usize>i) << 2), codeAt(from, i) * scale)
    }
    from += (length + 1) >>> 1
  }
}

/** Adds `factor * (code * scale)`. */
export function accumulateInt4(bytes: usize, count: i32, out: usize, factor: f32): void {
  const factors = f32x4.splat(factor)
  let from = bytes
  for (let start = 0; start < count; start += BLOCK) {
    const to = out + ((<usize>start) << 2)
    const length = min(BLOCK, count - start)
    const scale = load<f32>(from)
    from += 4
    if (length == BLOCK) {
      const scales = f32x4.splat(scale)
      for (let i = 0; i < BLOCK; i += 32) {
        const packed = v128.load(from + (i >>> 1))
        const low = Nibbles.low(packed)
        const high = Nibbles.high(packed)
        Widening.add(Nibbles.first(low, high), scales, factors, to + ((<usize>i) << 2))
        Widening.add(Nibbles.last(low, high), scales, factors, to + ((<usize>i) << 2) + 64)
      }
    } else {
      for (let i = 0; i < length; i++) {
        const at = to + ((<usize>i) << 2)
        store<f32>(at, load<f32>(at) + factor * (codeAt(from, i) * scale))
      }
    }
    from += (length + 1) >>> 1
  }
}
