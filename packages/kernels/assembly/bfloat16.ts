import { MAGNITUDE } from './constants'
import { firstFrom } from './magnitude'

/** Bits of the smallest magnitude that would be rounded to infinity. */
const OVERFLOW: i32 = 0x7f7f_8000

/** Loops for vectors. */
abstract class Upper {
  /** Four values to the upper halves of their nearest, each in the lower half of a lane. */
  @inline
  static narrow(bits: v128): v128 {
    const odd = v128.and(i32x4.shr_u(bits, 16), i32x4.splat(1))
    const sum = i32x4.add(i32x4.add(bits, i32x4.splat(0x7fff)), odd)
    return i32x4.shr_u(sum, 16)
  }
}

/** @returns -1, or the index of the first value that is not finite or too large */
export function encodeBfloat16(values: usize, count: i32, out: usize): i32 {
  const mask = i32x4.splat(MAGNITUDE)
  let peak = i32x4.splat(0)
  let i = 0
  for (; i + 8 <= count; i += 8) {
    const from = values + ((<usize>i) << 2)
    const a = v128.load(from)
    const b = v128.load(from, 16)
    peak = i32x4.max_s(peak, i32x4.max_s(v128.and(a, mask), v128.and(b, mask)))
    v128.store(out + ((<usize>i) << 1), i16x8.narrow_i32x4_u(Upper.narrow(a), Upper.narrow(b)))
  }
  if (v128.any_true(i32x4.gt_s(peak, i32x4.splat(OVERFLOW - 1)))) {
    return firstFrom(values, OVERFLOW)
  }
  for (; i < count; i++) {
    const bits = load<i32>(values + ((<usize>i) << 2))
    if ((bits & MAGNITUDE) >= OVERFLOW) return i
    store<u16>(out + ((<usize>i) << 1), <u16>((bits + 0x7fff + ((bits >>> 16) & 1)) >>> 16))
  }
  return -1
}

export function decodeBfloat16(bytes: usize, count: i32, out: usize): void {
  let i = 0
  for (; i + 8 <= count; i += 8) {
    const halves = v128.load(bytes + ((<usize>i) << 1))
    const to = out + ((<usize>i) << 2)
    v128.store(to, i32x4.shl(i32x4.extend_low_i16x8_u(halves), 16))
    v128.store(to, i32x4.shl(i32x4.extend_high_i16x8_u(halves), 16), 16)
  }
  for (; i < count; i++) {
    store<i32>(out + ((<usize>i) << 2), (<i32>load<u16>(bytes + ((<usize>i) << 1))) << 16)
  }
}

export function accumulateBfloat16(bytes: usize, count: i32, out: usize, factor: f32): void {
  const factors = f32x4.splat(factor)
  let i = 0
  for (; i + 8 <= count; i += 8) {
    const halves = v128.load(bytes + ((<usize>i) << 1))
    const to = out + ((<usize>i) << 2)
    const a = f32x4.mul(factors, i32x4.shl(i32x4.extend_low_i16x8_u(halves), 16))
    const b = f32x4.mul(factors, i32x4.shl(i32x4.extend_high_i16x8_u(halves), 16))
    v128.store(to, f32x4.add(v128.load(to), a))
    v128.store(to, f32x4.add(v128.load(to, 16), b), 16)
  }
  for (; i < count; i++) {
    const to = out + ((<usize>i) << 2)
    const value = reinterpret<f32>((<i32>load<u16>(bytes + ((<usize>i) << 1))) << 16)
    store<f32>(to, load<f32>(to) + factor * value)
  }
}
