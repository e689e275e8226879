import { MAGNITUDE } from './constants'
import { firstFrom } from './scale'

// As src/reference/float16.ts, which says why.

/** Bits of 65,520, which would be rounded to infinity. */
const OVERFLOW: i32 = 0x477f_f000
/** Bits of 2^-14, the smallest float16 that is no denormal. */
const NORMAL: i32 = 0x3880_0000
/** By how much the exponent of a float32 is larger, at its place. */
const BIAS: i32 = 112 << 23
/** Bits of 0.5, whose last bit is worth as much as that of a denormal float16. */
const ALIGNER: i32 = 0x3f00_0000

/** Loops for vectors. */
abstract class Half {
  /** Four magnitudes below OVERFLOW to float16. */
  @inline
  static narrow(magnitudes: v128): v128 {
    const aligner = i32x4.splat(ALIGNER)
    const tiny = i32x4.sub(f32x4.add(magnitudes, aligner), aligner)
    const odd = v128.and(i32x4.shr_u(magnitudes, 13), i32x4.splat(1))
    const sum = i32x4.add(i32x4.add(magnitudes, i32x4.splat(0xfff - BIAS)), odd)
    const isTiny = i32x4.lt_s(magnitudes, i32x4.splat(NORMAL))
    return v128.bitselect(tiny, i32x4.shr_u(sum, 13), isTiny)
  }

  /** Four float16, each in the lower half of a lane, to float32. */
  @inline
  static widen(halves: v128): v128 {
    const bias = i32x4.splat(BIAS)
    const magnitude = v128.and(halves, i32x4.splat(0x7fff))
    const sign = i32x4.shl(v128.xor(halves, magnitude), 16)
    const moved = i32x4.add(i32x4.shl(magnitude, 13), bias)
    // infinity and NaN have the largest exponent in both
    const isSpecial = i32x4.gt_s(magnitude, i32x4.splat(0x7bff))
    const normal = i32x4.add(moved, v128.and(isSpecial, bias))
    // no multiplication of a denormal float32, which would take half of the speed
    const tiny = f32x4.mul(f32x4.convert_i32x4_s(magnitude), f32x4.splat(<f32>(1.0 / 16777216.0)))
    const isTiny = i32x4.lt_s(magnitude, i32x4.splat(0x400))
    return v128.or(sign, v128.bitselect(tiny, normal, isTiny))
  }
}

function narrow(bits: i32): i32 {
  const magnitude = bits & MAGNITUDE
  const sign = (bits >>> 16) & 0x8000
  if (magnitude < NORMAL) {
    const sum = reinterpret<f32>(magnitude) + reinterpret<f32>(ALIGNER)
    return sign | (reinterpret<i32>(sum) - ALIGNER)
  }
  return sign | ((magnitude - BIAS + 0xfff + ((magnitude >>> 13) & 1)) >>> 13)
}

function widen(half: i32): i32 {
  const sign = (half & 0x8000) << 16
  const magnitude = half & 0x7fff
  if (magnitude >= 0x7c00) return sign | 0x7f80_0000 | (magnitude << 13)
  if (magnitude >= 0x400) return sign | ((magnitude << 13) + BIAS)
  return sign | reinterpret<i32>(<f32>magnitude * <f32>(1.0 / 16777216.0))
}

/** @returns -1, or the index of the first value that is not finite or too large */
export function encodeFloat16(values: usize, count: i32, out: usize): i32 {
  const mask = i32x4.splat(MAGNITUDE)
  let peak = i32x4.splat(0)
  let i = 0
  for (; i + 8 <= count; i += 8) {
    const from = values + ((<usize>i) << 2)
    const a = v128.load(from)
    const b = v128.load(from, 16)
    const magnitudeA = v128.and(a, mask)
    const magnitudeB = v128.and(b, mask)
    peak = i32x4.max_s(peak, i32x4.max_s(magnitudeA, magnitudeB))
    const halves = i16x8.narrow_i32x4_u(Half.narrow(magnitudeA), Half.narrow(magnitudeB))
    // the sign stretches over the upper half, and the narrowing keeps its first bit
    const signs = i16x8.narrow_i32x4_s(i32x4.shr_s(a, 31), i32x4.shr_s(b, 31))
    v128.store(out + ((<usize>i) << 1), v128.or(halves, v128.and(signs, i16x8.splat(-0x8000))))
  }
  if (v128.any_true(i32x4.gt_s(peak, i32x4.splat(OVERFLOW - 1)))) {
    return firstFrom(values, OVERFLOW)
  }
  for (; i < count; i++) {
    const bits = load<i32>(values + ((<usize>i) << 2))
    if ((bits & MAGNITUDE) >= OVERFLOW) return i
    store<u16>(out + ((<usize>i) << 1), <u16>narrow(bits))
  }
  return -1
}

export function decodeFloat16(bytes: usize, count: i32, out: usize): void {
  let i = 0
  for (; i + 8 <= count; i += 8) {
    const halves = v128.load(bytes + ((<usize>i) << 1))
    const to = out + ((<usize>i) << 2)
    v128.store(to, Half.widen(i32x4.extend_low_i16x8_u(halves)))
    v128.store(to, Half.widen(i32x4.extend_high_i16x8_u(halves)), 16)
  }
  for (; i < count; i++) {
    store<i32>(out + ((<usize>i) << 2), widen(load<u16>(bytes + ((<usize>i) << 1))))
  }
}

export function accumulateFloat16(bytes: usize, count: i32, out: usize, factor: f32): void {
  const factors = f32x4.splat(factor)
  let i = 0
  for (; i + 8 <= count; i += 8) {
    const halves = v128.load(bytes + ((<usize>i) << 1))
    const to = out + ((<usize>i) << 2)
    const a = f32x4.mul(factors, Half.widen(i32x4.extend_low_i16x8_u(halves)))
    const b = f32x4.mul(factors, Half.widen(i32x4.extend_high_i16x8_u(halves)))
    v128.store(to, f32x4.add(v128.load(to), a))
    v128.store(to, f32x4.add(v128.load(to, 16), b), 16)
  }
  for (; i < count; i++) {
    const to = out + ((<usize>i) << 2)
    const value = reinterpret<f32>(widen(load<u16>(bytes + ((<usize>i) << 1))))
    store<f32>(to, load<f32>(to) + factor * value)
  }
}
