// Numbers modulo 2¹³⁰ - 5 (RFC 8439, section 2.5) in ten limbs of 13 bits, least first,
// four numbers side by side. A product is 50 i32x4.dot_i16x8_s, the one multiplication of
// WebAssembly that gives eight products at once.
//
// The accumulator's limbs are between -160 and 8360, two to a lane: 5 vectors. A table's
// are between -4101 and 4101, and 5 times that where they wrap around, so that a sum of
// products stays below 8360 · (9 · 20505 + 4101) < 1.58 · 10⁹. With 2²⁶ of a message it
// fits 31 bits.
import { LIMBS, SUM } from './state'

const LIMB: i32 = 0x1fff
const TWO_LIMBS: i32 = 0x3ff_ffff

abstract class Limbs {
  /** A limb of a product: `column` says which. */
  @inline
  static times(column: usize, a: v128, b: v128, c: v128, d: v128, e: v128): v128 {
    return i32x4.add(
      i32x4.add(
        i32x4.add(
          i32x4.dot_i16x8_s(a, v128.load(column, 8 * 16)),
          i32x4.dot_i16x8_s(b, v128.load(column, 6 * 16))
        ),
        i32x4.add(
          i32x4.dot_i16x8_s(c, v128.load(column, 4 * 16)),
          i32x4.dot_i16x8_s(d, v128.load(column, 2 * 16))
        )
      ),
      i32x4.dot_i16x8_s(e, v128.load(column))
    )
  }

  @inline
  static times5(a: v128): v128 {
    return i32x4.add(a, i32x4.shl(a, 2))
  }

  /** Two to a lane; the lower one has to fit 16 bits. */
  @inline
  static pair(low: v128, high: v128): v128 {
    return v128.or(low, i32x4.shl(high, 16))
  }
}

/**
 * For every 64 bytes: multiplies the accumulators by a table's numbers and adds a block
 * of 16 bytes to each.
 *
 * @param ends the bit behind each block, 2²⁴ or none, for the first 64 bytes
 * @param nextEnds the same for all others
 */
export function multiplyAndAdd(
  table: usize,
  from: usize,
  end: usize,
  ends: v128,
  nextEnds: v128
): void {
  const low = i32x4.splat(LIMB)
  const two = i32x4.splat(TWO_LIMBS)
  let a = v128.load(SUM)
  let b = v128.load(SUM, 16)
  let c = v128.load(SUM, 32)
  let d = v128.load(SUM, 48)
  let e = v128.load(SUM, 64)
  for (let at = from; at < end; at += 64) {
    const m0 = v128.load(at)
    const m1 = v128.load(at, 16)
    const m2 = v128.load(at, 32)
    const m3 = v128.load(at, 48)
    const n0 = v128.shuffle<i32>(m0, m1, 0, 4, 1, 5)
    const n1 = v128.shuffle<i32>(m2, m3, 0, 4, 1, 5)
    const n2 = v128.shuffle<i32>(m0, m1, 2, 6, 3, 7)
    const n3 = v128.shuffle<i32>(m2, m3, 2, 6, 3, 7)
    const w0 = v128.shuffle<i64>(n0, n1, 0, 2)
    const w1 = v128.shuffle<i64>(n0, n1, 1, 3)
    const w2 = v128.shuffle<i64>(n2, n3, 0, 2)
    const w3 = v128.shuffle<i64>(n2, n3, 1, 3)
    // 26 bits at once: what is too much for a limb is carried with the rest
    let x0 = i32x4.add(Limbs.times(table, a, b, c, d, e), v128.and(w0, two))
    let x1 = Limbs.times(table + 16, a, b, c, d, e)
    const t2 = v128.and(v128.or(i32x4.shr_u(w0, 26), i32x4.shl(w1, 6)), two)
    let x2 = i32x4.add(Limbs.times(table + 32, a, b, c, d, e), t2)
    let x3 = Limbs.times(table + 48, a, b, c, d, e)
    const t4 = v128.and(v128.or(i32x4.shr_u(w1, 20), i32x4.shl(w2, 12)), two)
    let x4 = i32x4.add(Limbs.times(table + 64, a, b, c, d, e), t4)
    let x5 = Limbs.times(table + 80, a, b, c, d, e)
    const t6 = v128.and(v128.or(i32x4.shr_u(w2, 14), i32x4.shl(w3, 18)), two)
    let x6 = i32x4.add(Limbs.times(table + 96, a, b, c, d, e), t6)
    let x7 = Limbs.times(table + 112, a, b, c, d, e)
    const t8 = v128.or(i32x4.shr_u(w3, 8), ends)
    let x8 = i32x4.add(Limbs.times(table + 128, a, b, c, d, e), t8)
    let x9 = Limbs.times(table + 144, a, b, c, d, e)
    ends = nextEnds
    // two chains of carries at once, 0 to 5 and 5 to 0, and one step more of each
    x1 = i32x4.add(x1, i32x4.shr_s(x0, 13))
    x6 = i32x4.add(x6, i32x4.shr_s(x5, 13))
    x2 = i32x4.add(x2, i32x4.shr_s(x1, 13))
    x7 = i32x4.add(x7, i32x4.shr_s(x6, 13))
    x3 = i32x4.add(x3, i32x4.shr_s(x2, 13))
    x8 = i32x4.add(x8, i32x4.shr_s(x7, 13))
    x4 = i32x4.add(x4, i32x4.shr_s(x3, 13))
    x9 = i32x4.add(x9, i32x4.shr_s(x8, 13))
    x5 = i32x4.add(v128.and(x5, low), i32x4.shr_s(x4, 13))
    x0 = i32x4.add(v128.and(x0, low), Limbs.times5(i32x4.shr_s(x9, 13)))
    x6 = i32x4.add(v128.and(x6, low), i32x4.shr_s(x5, 13))
    x1 = i32x4.add(v128.and(x1, low), i32x4.shr_s(x0, 13))
    a = Limbs.pair(v128.and(x0, low), x1)
    b = Limbs.pair(v128.and(x2, low), v128.and(x3, low))
    c = Limbs.pair(v128.and(x4, low), v128.and(x5, low))
    d = Limbs.pair(v128.and(x6, i32x4.splat(0xffff)), v128.and(x7, low))
    e = Limbs.pair(v128.and(x8, low), v128.and(x9, low))
  }
  v128.store(SUM, a)
  v128.store(SUM, b, 16)
  v128.store(SUM, c, 32)
  v128.store(SUM, d, 48)
  v128.store(SUM, e, 64)
}

/** Takes the accumulators apart, one limb to a vector. */
export function unpackSum(): void {
  for (let j: usize = 0; j < 5; j++) {
    const two = v128.load(SUM + (j << 4))
    v128.store(LIMBS + (j << 5), i32x4.shr_s(i32x4.shl(two, 16), 16))
    v128.store(LIMBS + (j << 5), i32x4.shr_s(two, 16), 16)
  }
}

/**
 * Makes a table of the numbers that lie in LIMBS, which are overwritten.
 *
 * For limb k of a product the accumulator's limbs i meet the number's limbs k - i,
 * times 5 if that is negative and wraps around. So all columns are parts of one row of
 * coefficients from -9 to 9, two to a lane as the accumulator's limbs are.
 */
export function makeTable(table: usize): void {
  centre()
  for (let k: usize = 10; k-- > 0;) {
    v128.store(LIMBS + ((k + 9) << 4), v128.load(LIMBS + (k << 4)))
  }
  for (let k: usize = 1; k < 10; k++) {
    v128.store(LIMBS + ((k - 1) << 4), Limbs.times5(v128.load(LIMBS + ((k + 9) << 4))))
  }
  const low = i32x4.splat(0xffff)
  for (let k: usize = 0; k < 18; k++) {
    const x = v128.load(LIMBS + ((k + 1) << 4))
    v128.store(table + (k << 4), Limbs.pair(v128.and(x, low), v128.load(LIMBS + (k << 4))))
  }
}

/** Brings limbs between -4096 and 4096, or 5 more. */
function centre(): void {
  const half = i32x4.splat(4096)
  for (let k: usize = 0; k < 10; k++) {
    const x = v128.load(LIMBS + (k << 4))
    const carry = i32x4.shr_s(i32x4.add(x, half), 13)
    v128.store(LIMBS + (k << 4), i32x4.sub(x, i32x4.shl(carry, 13)))
    const to = k == 9 ? LIMBS : LIMBS + ((k + 1) << 4)
    v128.store(to, i32x4.add(v128.load(to), k == 9 ? Limbs.times5(carry) : carry))
  }
}
