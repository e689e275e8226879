import type { Codec } from '@daa-compute/interface'
import fc, { type Arbitrary } from 'fast-check'

/** Largest finite float32. */
export const FLOAT_MAX = 3.4028234663852886e38

/** Smallest float32 above zero. */
export const FLOAT_MIN: number = 2 ** -149

/** Any finite float32. */
export const anyFloat: Arbitrary<number> = fc.float({ noNaN: true, noDefaultInfinity: true })

/** Lengths around one block of 256 values and around two. */
const length: Arbitrary<number> = fc.oneof(
  fc.constantFrom(0, 1, 2, 255, 256, 257, 511, 512, 513),
  fc.integer({ min: 0, max: 600 })
)

/** Blocks as they come: all magnitudes, one magnitude, denormal, huge, sparse, constant. */
export const anyValues: Arbitrary<Float32Array> = fc
  .tuple(
    length,
    fc.constantFrom<(value: number) => number>(
      (value) => value,
      (value) => (value / FLOAT_MAX) * 2 ** -119,
      (value) => (value / FLOAT_MAX) * 2 ** -130,
      (value) => (value / FLOAT_MAX) * 100 * FLOAT_MIN,
      (value) => Math.sign(value) * FLOAT_MAX * (0.9 + (Math.abs(value / FLOAT_MAX) % 0.1)),
      (value) => value / FLOAT_MAX,
      (value) => (Math.abs(value) > 1 ? 0 : value),
      (value) => (Math.abs(value) > 1 ? -0.1 : 0)
    )
  )
  .chain(([count, shape]) =>
    fc
      .array(anyFloat, { minLength: count, maxLength: count, size: 'max' })
      .map((values) => Float32Array.from(values, shape))
  )

/** Values like those of a gradient: a bell curve, made from a seed. */
export function bellCurve(count: number, seed: number): Float32Array {
  let state = seed
  const next = (): number => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) | 0
    return state / 2 ** 31
  }
  return Float32Array.from({ length: count }, () => (next() + next() + next() + next()) / 100)
}

/** Compares bits: -0 is not 0. */
export function sameBits(a: Float32Array, b: Float32Array): boolean {
  const left = new Uint32Array(a.buffer, a.byteOffset, a.length)
  const right = new Uint32Array(b.buffer, b.byteOffset, b.length)
  return left.length === right.length && left.every((bits, index) => bits === right[index])
}

/** What a codec makes of values. */
export function decodeWith(codec: Codec, values: Float32Array, seed = 0): Float32Array {
  const out = new Float32Array(values.length).fill(Number.NaN)
  codec.decode(codec.encode(values, undefined, { seed }), out)
  return out
}

/** N(0,1), by Box and Muller, from numbers that are the same everywhere. */
export function normal(count: number, seed: number): Float32Array {
  let state = seed
  const next = (): number => {
    state = (state + 0x6d2b_79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return (((mixed ^ (mixed >>> 14)) >>> 0) + 0.5) / 2 ** 32
  }
  return Float32Array.from(
    { length: count },
    () => Math.sqrt(-2 * Math.log(next())) * Math.cos(2 * Math.PI * next())
  )
}
