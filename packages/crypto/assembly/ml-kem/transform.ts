// The number-theoretic transform and products of what it gives: FIPS 203, section 4.3.
import { Field, ONE } from './field'
import { POLY, VECTOR } from './state'

/** Powers of 17 times 2¹⁶, by the reverse of the seven bits of their exponents. */
const ZETAS: usize = memory.data(256, 16)

/** 17 times 2¹⁶, modulo q. */
const ROOT: i32 = 2226

/** 2³² / 128, modulo q: what a transform back has too much, and a product too little. */
const SCALE: i32 = 1441

let power = ONE
for (let exponent: usize = 0; exponent < 128; exponent++) {
  let reversed: usize = 0
  for (let bit: usize = 0; bit < 7; bit++) reversed |= ((exponent >> bit) & 1) << (6 - bit)
  store<i16>(ZETAS + (reversed << 1), Field.centre(power))
  power = Field.shrink(power * ROOT)
}

/** Transforms in place: algorithm 9. From numbers between -q and q to such between -q / 2 and q / 2. */
export function transform(poly: usize): void {
  let zetaAt = ZETAS
  for (let length: usize = POLY / 2; length >= 4; length >>= 1) {
    for (let start: usize = 0; start < POLY; start += 2 * length) {
      zetaAt += 2
      const zeta = <i32>load<i16>(zetaAt)
      for (let at = poly + start; at < poly + start + length; at += 2) {
        const a = <i32>load<i16>(at)
        const b = Field.shrink(zeta * load<i16>(at + length))
        store<i16>(at, a + b)
        store<i16>(at + length, a - b)
      }
    }
  }
  for (let at = poly; at < poly + POLY; at += 2) store<i16>(at, Field.centre(load<i16>(at)))
}

/** Transforms a product back in place: algorithm 10. The result is between -q and q. */
export function transformBack(poly: usize): void {
  let zetaAt = ZETAS + 256
  for (let length: usize = 4; length < POLY; length <<= 1) {
    for (let start: usize = 0; start < POLY; start += 2 * length) {
      zetaAt -= 2
      const zeta = <i32>load<i16>(zetaAt)
      for (let at = poly + start; at < poly + start + length; at += 2) {
        const a = <i32>load<i16>(at)
        const b = <i32>load<i16>(at + length)
        store<i16>(at, Field.centre(a + b))
        store<i16>(at + length, Field.shrink(zeta * (b - a)))
      }
    }
  }
  for (let at = poly; at < poly + POLY; at += 2) store<i16>(at, Field.shrink(SCALE * load<i16>(at)))
}

/**
 * The sum of three products of transformed polynomials, times 2⁻¹⁶: algorithm 11.
 *
 * @param a numbers from 0 to q, or between -q / 2 and q / 2
 * @param step from one of the three to the next
 * @param b a vector of numbers between -q / 2 and q / 2
 */
export function multiply(to: usize, a: usize, step: usize, b: usize): void {
  for (let at: usize = 0; at < POLY; at += 4) {
    let low = 0
    let high = 0
    let wrapped = 0
    let left = a + at
    for (let right = b + at; right < b + VECTOR; right += POLY) {
      const a0 = <i32>load<i16>(left)
      const a1 = <i32>load<i16>(left, 2)
      const b0 = <i32>load<i16>(right)
      const b1 = <i32>load<i16>(right, 2)
      low += a0 * b0
      high += a0 * b1 + a1 * b0
      wrapped += a1 * b1
      left += step
    }
    // modulo X² - γ, where γ is a zeta, and the next time its negative
    const zeta = <i32>load<i16>(ZETAS + 128 + ((at >> 3) << 1))
    const gamma = zeta * (1 - <i32>((at >> 1) & 2))
    low += gamma * Field.shrink(wrapped)
    store<i16>(to + at, Field.centre(Field.shrink(low)))
    store<i16>(to + at + 2, Field.centre(Field.shrink(high)))
  }
}
