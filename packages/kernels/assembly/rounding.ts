import { ROUNDER, ROUNDER_BITS } from './constants'

// As src/random-rounding.ts, which says why.

/** The bits for two neighbouring values: those of the even index below. */
function randomBits(pair: i32, first: i32, second: i32): i32 {
  let bits: u32 = <u32>(pair + first)
  bits = (bits ^ (bits >>> 16)) * 0x7feb_352d
  bits = (bits ^ (bits >>> 15)) * 0x846c_a68b
  bits = (bits ^ (bits >>> 16)) + <u32>second
  bits = (bits ^ (bits >>> 16)) * 0x7feb_352d
  bits = (bits ^ (bits >>> 15)) * 0x846c_a68b
  return <i32>(bits ^ (bits >>> 16))
}

/** The code of one value. */
export function codeByChance(
  quotient: f32,
  index: i32,
  codeMax: i32,
  first: i32,
  second: i32
): i32 {
  const bits = randomBits(index >>> 1, first, second) >>> ((index & 1) << 4)
  const threshold = <f32>(bits & 0xffff) * <f32>(1.0 / 65536.0) + <f32>(1.0 / 131072.0)
  const code = <i32>floor<f32>(quotient + threshold)
  return max(-codeMax, min(codeMax, code))
}

/** The nearest code, ties to even. */
export function nearestCode(quotient: f32): i32 {
  return reinterpret<i32>(quotient + ROUNDER) - ROUNDER_BITS
}

/** Loops for vectors of values. */
export abstract class Rounding {
  /** Four times {@link randomBits}. */
  @inline
  static randomBits(pairs: v128, first: v128, second: v128): v128 {
    const a = i32x4.splat(0x7feb_352d)
    const b = i32x4.splat(0x846c_a68b)
    let bits = i32x4.add(pairs, first)
    bits = i32x4.mul(v128.xor(bits, i32x4.shr_u(bits, 16)), a)
    bits = i32x4.mul(v128.xor(bits, i32x4.shr_u(bits, 15)), b)
    bits = i32x4.add(v128.xor(bits, i32x4.shr_u(bits, 16)), second)
    bits = i32x4.mul(v128.xor(bits, i32x4.shr_u(bits, 16)), a)
    bits = i32x4.mul(v128.xor(bits, i32x4.shr_u(bits, 15)), b)
    return v128.xor(bits, i32x4.shr_u(bits, 16))
  }

  /** Sixteen bits in each lane to the middles of steps of 2^-16. */
  @inline
  static threshold(bits: v128): v128 {
    const step = f32x4.splat(<f32>(1.0 / 65536.0))
    const half = f32x4.splat(<f32>(1.0 / 131072.0))
    return f32x4.add(f32x4.mul(f32x4.convert_i32x4_s(bits), step), half)
  }

  /** Four quotients as i32 codes. */
  @inline
  static down(quotients: v128, thresholds: v128, codeMax: v128, rounder: v128): v128 {
    const codes = f32x4.floor(f32x4.add(quotients, thresholds))
    const bounded = f32x4.pmax(f32x4.pmin(codes, codeMax), f32x4.neg(codeMax))
    return i32x4.sub(f32x4.add(bounded, rounder), rounder)
  }

  /** Sixteen values from `at` on as i8 codes, rounded by chance; `index` is that of the first. */
  @inline
  static codesByChance(
    at: usize,
    scale: v128,
    rounder: v128,
    codeMax: v128,
    index: i32,
    first: v128,
    second: v128
  ): v128 {
    const pairs = i32x4.add(i32x4.splat(index >>> 1), i32x4(0, 1, 2, 3))
    const low = i32x4.splat(0xffff)

    let bits = Rounding.randomBits(pairs, first, second)
    let even = Rounding.threshold(v128.and(bits, low))
    let odd = Rounding.threshold(i32x4.shr_u(bits, 16))
    const a = Rounding.down(
      f32x4.div(v128.load(at), scale),
      v128.shuffle<f32>(even, odd, 0, 4, 1, 5),
      codeMax,
      rounder
    )
    const b = Rounding.down(
      f32x4.div(v128.load(at, 16), scale),
      v128.shuffle<f32>(even, odd, 2, 6, 3, 7),
      codeMax,
      rounder
    )

    bits = Rounding.randomBits(i32x4.add(pairs, i32x4.splat(4)), first, second)
    even = Rounding.threshold(v128.and(bits, low))
    odd = Rounding.threshold(i32x4.shr_u(bits, 16))
    const c = Rounding.down(
      f32x4.div(v128.load(at, 32), scale),
      v128.shuffle<f32>(even, odd, 0, 4, 1, 5),
      codeMax,
      rounder
    )
    const d = Rounding.down(
      f32x4.div(v128.load(at, 48), scale),
      v128.shuffle<f32>(even, odd, 2, 6, 3, 7),
      codeMax,
      rounder
    )
    return i8x16.narrow_i16x8_s(i16x8.narrow_i32x4_s(a, b), i16x8.narrow_i32x4_s(c, d))
  }

  /** Sixteen values from `at` on as i8 codes, rounded to nearest. */
  @inline
  static nearestCodes(at: usize, scale: v128, rounder: v128): v128 {
    return Rounding.narrow(
      f32x4.add(f32x4.div(v128.load(at), scale), rounder),
      f32x4.add(f32x4.div(v128.load(at, 16), scale), rounder),
      f32x4.add(f32x4.div(v128.load(at, 32), scale), rounder),
      f32x4.add(f32x4.div(v128.load(at, 48), scale), rounder),
      rounder
    )
  }

  /** Sixteen codes, to which ROUNDER has been added, as i8. */
  @inline
  static narrow(a: v128, b: v128, c: v128, d: v128, rounder: v128): v128 {
    const ab = i16x8.narrow_i32x4_s(i32x4.sub(a, rounder), i32x4.sub(b, rounder))
    const cd = i16x8.narrow_i32x4_s(i32x4.sub(c, rounder), i32x4.sub(d, rounder))
    return i8x16.narrow_i16x8_s(ab, cd)
  }
}
