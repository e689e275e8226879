import { MAGNITUDE, MAGNITUDES } from './constants'
import { firstFrom } from './magnitude'

// As src/reference/float16.ts, which says why.

/** Bits of 65,520, which would be rounded to infinity. */
const OVERFLOW: i32 = 0x477f_f000
/** Bits of 2^-14, the smallest float16 that is no denormal. */
const NORMAL: i32 = 0x3880_0000
/** By how much the exponent of a float32 is larger, at its place. */
const BIAS: i32 = 112 << 23
/** Bits of 0.5, whose last bit is worth as much as that of a denormal float16. */
const ALIGNER: i32 = 0x3f00_0000

// one after the other in memory: what the loops keep in registers
const EXPONENTS = memory.data<i32>([0x7f80_0000, 0x7f80_0000, 0x7f80_0000, 0x7f80_0000], 16)
const NORMALS = memory.data<i32>([NORMAL, NORMAL, NORMAL, NORMAL], 16)
const ALIGNMENTS = memory.data<i32>([13 << 23, 13 << 23, 13 << 23, 13 << 23], 16)
const OFFSETS = memory.data<i32>([113 << 10, 113 << 10, 113 << 10, 113 << 10], 16)

const HALF_MAGNITUDES = memory.data<i32>([0x7fff_7fff, 0x7fff_7fff, 0x7fff_7fff, 0x7fff_7fff], 16)
const HALF_EXPONENTS = memory.data<i32>([0x7c00_7c00, 0x7c00_7c00, 0x7c00_7c00, 0x7c00_7c00], 16)
const HALF_ONES = memory.data<i32>([0x0400_0400, 0x0400_0400, 0x0400_0400, 0x0400_0400], 16)
const HALF_BIASES = memory.data<i32>([0x3300_3300, 0x3300_3300, 0x3300_3300, 0x3300_3300], 16)

/** Loops for vectors. */
abstract class Half {
  /**
   * Four magnitudes below OVERFLOW to float16.
   *
   * Adding 2^13 times the power of two below a value aligns it to the 11 bits of a
   * float16, and rounds. Where that power is at least 2^-14, this is right for
   * denormals too: there is nothing to select.
   */
  @inline
  static narrow(
    bits: v128,
    magnitudes: v128,
    exponents: v128,
    normals: v128,
    alignments: v128,
    offsets: v128
  ): v128 {
    const exponent = i32x4.max_s(v128.and(bits, exponents), normals)
    const aligner = i32x4.add(exponent, alignments)
    const digits = i32x4.sub(f32x4.add(magnitudes, aligner), aligner)
    return i32x4.add(digits, i32x4.sub(i32x4.shr_u(exponent, 13), offsets))
  }

  /** The bits of a float32 that is a float16's power of two, and its sign, for each of eight. */
  @inline
  static power(signs: v128, exponent: v128, biases: v128): v128 {
    return v128.or(signs, i16x8.add(i16x8.shr_u(exponent, 3), biases))
  }

  /** The upper halves of the first four. */
  @inline
  static first(halves: v128): v128 {
    return v128.shuffle<i16>(i16x8.splat(0), halves, 0, 8, 1, 9, 2, 10, 3, 11)
  }

  /** The upper halves of the last four. */
  @inline
  static last(halves: v128): v128 {
    return v128.shuffle<i16>(i16x8.splat(0), halves, 4, 12, 5, 13, 6, 14, 7, 15)
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
  const mask = v128.load(MAGNITUDES)
  const exponents = v128.load(EXPONENTS)
  const normals = v128.load(NORMALS)
  const alignments = v128.load(ALIGNMENTS)
  const offsets = v128.load(OFFSETS)
  const rest = v128.load(HALF_MAGNITUDES)
  let peak = i32x4.splat(0)
  let i = 0
  for (; i + 8 <= count; i += 8) {
    const from = values + ((<usize>i) << 2)
    const a = v128.load(from)
    const b = v128.load(from, 16)
    const x = v128.and(a, mask)
    const y = v128.and(b, mask)
    peak = i32x4.max_s(peak, i32x4.max_s(x, y))
    const halves = i16x8.narrow_i32x4_u(
      Half.narrow(a, x, exponents, normals, alignments, offsets),
      Half.narrow(b, y, exponents, normals, alignments, offsets)
    )
    const uppers = i16x8.narrow_i32x4_s(i32x4.shr_s(a, 16), i32x4.shr_s(b, 16))
    v128.store(out + ((<usize>i) << 1), v128.or(halves, v128.andnot(uppers, rest)))
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
  const mask = v128.load(HALF_MAGNITUDES)
  const exponents = v128.load(HALF_EXPONENTS)
  const ones = v128.load(HALF_ONES)
  const biases = v128.load(HALF_BIASES)
  let i = 0
  for (; i + 8 <= count; i += 8) {
    const halves = v128.load(bytes + ((<usize>i) << 1))
    const magnitude = v128.and(halves, mask)
    const exponent = i16x8.max_s(v128.and(halves, exponents), ones)
    const to = out + ((<usize>i) << 2)
    // infinity and NaN, which no encoder writes
    if (v128.any_true(i16x8.eq(exponent, exponents))) {
      for (let j = 0; j < 8; j++) {
        store<i32>(to + ((<usize>j) << 2), widen(load<u16>(bytes + ((<usize>(i + j)) << 1))))
      }
      continue
    }
    // digits times a power of two: no denormal float32 is ever multiplied, which is slow
    const digits = i16x8.add(i16x8.sub(magnitude, exponent), ones)
    const power = Half.power(v128.xor(halves, magnitude), exponent, biases)
    const a = f32x4.convert_i32x4_s(i32x4.extend_low_i16x8_u(digits))
    const b = f32x4.convert_i32x4_s(i32x4.extend_high_i16x8_u(digits))
    v128.store(to, f32x4.mul(a, Half.first(power)))
    v128.store(to, f32x4.mul(b, Half.last(power)), 16)
  }
  for (; i < count; i++) {
    store<i32>(out + ((<usize>i) << 2), widen(load<u16>(bytes + ((<usize>i) << 1))))
  }
}

export function accumulateFloat16(bytes: usize, count: i32, out: usize, factor: f32): void {
  const mask = v128.load(HALF_MAGNITUDES)
  const exponents = v128.load(HALF_EXPONENTS)
  const ones = v128.load(HALF_ONES)
  const biases = v128.load(HALF_BIASES)
  const factors = f32x4.splat(factor)
  let i = 0
  for (; i + 8 <= count; i += 8) {
    const halves = v128.load(bytes + ((<usize>i) << 1))
    const magnitude = v128.and(halves, mask)
    const exponent = i16x8.max_s(v128.and(halves, exponents), ones)
    const to = out + ((<usize>i) << 2)
    if (v128.any_true(i16x8.eq(exponent, exponents))) {
      for (let j = 0; j < 8; j++) addOne(bytes, i + j, out, factor)
      continue
    }
    const digits = i16x8.add(i16x8.sub(magnitude, exponent), ones)
    const power = Half.power(v128.xor(halves, magnitude), exponent, biases)
    const a = f32x4.convert_i32x4_s(i32x4.extend_low_i16x8_u(digits))
    const b = f32x4.convert_i32x4_s(i32x4.extend_high_i16x8_u(digits))
    const x = f32x4.mul(factors, f32x4.mul(a, Half.first(power)))
    const y = f32x4.mul(factors, f32x4.mul(b, Half.last(power)))
    v128.store(to, f32x4.add(v128.load(to), x))
    v128.store(to, f32x4.add(v128.load(to, 16), y), 16)
  }
  for (; i < count; i++) addOne(bytes, i, out, factor)
}

function addOne(bytes: usize, index: i32, out: usize, factor: f32): void {
  const to = out + ((<usize>index) << 2)
  const value = reinterpret<f32>(widen(load<u16>(bytes + ((<usize>index) << 1))))
  store<f32>(to, load<f32>(to) + factor * value)
}
