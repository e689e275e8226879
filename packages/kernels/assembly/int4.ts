import { BLOCK, INFINITY_BITS, ROUNDERS } from './constants'
import { codeByChance, nearestCode, Rounding } from './rounding'
import { firstFrom, scaleOf } from './scale'
import { Widening } from './widening'

const CODE_MAX: i32 = 7

/** Two codes in a byte, and back. */
abstract class Nibbles {
  /** Thirty-two i8 codes as sixteen bytes. */
  @inline
  static pack(a: v128, b: v128): v128 {
    const low = i16x8.splat(0x000f)
    const high = i16x8.splat(0x00f0)
    const left = v128.or(v128.and(a, low), v128.and(i16x8.shr_u(a, 4), high))
    const right = v128.or(v128.and(b, low), v128.and(i16x8.shr_u(b, 4), high))
    return i8x16.narrow_i16x8_u(left, right)
  }

  /** Half bytes as i8 codes. */
  @inline
  static signed(halves: v128): v128 {
    const sign = i8x16.splat(8)
    return i8x16.sub(v128.xor(halves, sign), sign)
  }

  @inline
  static low(bytes: v128): v128 {
    return Nibbles.signed(v128.and(bytes, i8x16.splat(15)))
  }

  @inline
  static high(bytes: v128): v128 {
    return Nibbles.signed(v128.and(i16x8.shr_u(bytes, 4), i8x16.splat(15)))
  }

  /** The first sixteen of interleaved codes. */
  @inline
  static first(even: v128, odd: v128): v128 {
    return v128.shuffle<i8>(even, odd, 0, 16, 1, 17, 2, 18, 3, 19, 4, 20, 5, 21, 6, 22, 7, 23)
  }

  /** The last sixteen of interleaved codes. */
  @inline
  static last(even: v128, odd: v128): v128 {
    return v128.shuffle<i8>(even, odd, 8, 24, 9, 25, 10, 26, 11, 27, 12, 28, 13, 29, 14, 30, 15, 31)
  }
}

/** @returns -1, or the index of the first value that is not finite */
export function encodeInt4(values: usize, count: i32, out: usize): i32 {
  const rounder = v128.load(ROUNDERS)
  let to = out
  for (let start = 0; start < count; start += BLOCK) {
    const from = values + ((<usize>start) << 2)
    const length = min(BLOCK, count - start)
    const scale = scaleOf(from, length, CODE_MAX)
    if (scale < 0) return start + firstFrom(from, INFINITY_BITS)
    store<f32>(to, scale)
    to += 4
    const bytes = (length + 1) >>> 1
    if (scale == 0) memory.fill(to, 0, bytes)
    else if (length == BLOCK) {
      const divisor = f32x4.splat(scale)
      for (let i = 0; i < BLOCK; i += 32) {
        const source = from + ((<usize>i) << 2)
        const a = Rounding.nearestCodes(source, divisor, rounder)
        const b = Rounding.nearestCodes(source + 64, divisor, rounder)
        v128.store(to + (i >>> 1), Nibbles.pack(a, b))
      }
    } else {
      for (let i = 0; i < length; i += 2) {
        const at = from + ((<usize>i) << 2)
        const low = nearestCode(load<f32>(at) / scale)
        const high = i + 1 < length ? nearestCode(load<f32>(at, 4) / scale) : 0
        store<u8>(to + (i >>> 1), <u8>((low & 15) | (high << 4)))
      }
    }
    to += bytes
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
    const scale = scaleOf(from, length, CODE_MAX)
    if (scale < 0) return start + firstFrom(from, INFINITY_BITS)
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
