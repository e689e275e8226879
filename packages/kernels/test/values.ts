import fc, { type Arbitrary } from 'fast-check'

/** A generator of 32 bits, xorshift. */
function bitsFrom(seed: number): () => number {
  let state = seed | 1
  return () => {
    state ^= state << 13
    state ^= state >>> 17
    state ^= state << 5
    return state >>> 0
  }
}

const float = new Float32Array(1)
const int = new Uint32Array(float.buffer)

function ofBits(bits: number): number {
  int[0] = bits
  return float[0]!
}

type Next = () => number

/** Kinds of values. */
export type Shape =
  | 'bell'
  | 'denormal'
  | 'tiny'
  | 'huge'
  | 'any'
  | 'zeros'
  | 'constant'
  | 'ternary'
  | 'oneHot'
  | 'ties'
  | 'int4Ties'
  | 'halves'
  | 'sparse'
  | 'levels'

/** Each from a stream of 32 bits. */
const shapes: Readonly<Record<Shape, (next: Next) => number>> = {
  bell: (next) => (next() + next() + next() + next()) / 2 ** 31 - 4,
  denormal: (next) => ofBits(next() & 0x807f_ffff),
  tiny: (next) => ofBits((next() & 0x80ff_ffff) + ((next() % 20) << 20)),
  huge: (next) => ofBits((next() & 0x80ff_ffff) + 0x7e80_0000),
  any: (next) => finite(next()),
  zeros: (next) => (next() & 1) * -0,
  constant: () => -0.1,
  ternary: (next) => ((next() % 3) - 1) * 0.3,
  oneHot: (next) => (next() % 100 === 0 ? 3e-39 : 0),
  // with a scale of 1: quotients halfway between two codes, and next to that
  ties: (next) => (next() % 509) / 2 - 127 + ((next() % 3) - 1) * 2 ** -18,
  int4Ties: (next) => (next() % 29) / 2 - 7,
  halves: (next) => ofBits(((next() & 0x8000_1fff) + (next() % 0x4000) * 0x2000) | 0x1000),
  sparse: (next) => (next() % 8 === 0 ? next() / 2 ** 31 - 1 : 0),
  levels: (next) => (next() % 5) - 2
}

function finite(bits: number): number {
  return (bits & 0x7f80_0000) === 0x7f80_0000 ? ofBits(bits & 0xbfff_ffff) : ofBits(bits)
}

export const allShapes: readonly Shape[] = Object.keys(shapes) as Shape[]

export function valuesOf(shape: Shape, length: number, seed: number): Float32Array {
  const next = bitsFrom(Math.imul(seed, 0x9e37_79b1) ^ 0x1234_5678)
  return Float32Array.from({ length }, () => shapes[shape](next))
}

/** Bytes of any content. */
export function bytesOf(length: number, seed: number): Uint8Array {
  const next = bitsFrom(seed)
  return Uint8Array.from({ length }, () => next())
}

/** Every length up to 70, and those about blocks, tiles and several tiles. */
export const edgeLengths: readonly number[] = [
  ...Array.from({ length: 71 }, (_, length) => length),
  ...[256, 512, 768, 16_384, 32_768].flatMap((edge) =>
    [-17, -1, 0, 1, 15, 16, 33].map((offset) => edge + offset)
  )
]

export interface Drawn {
  readonly shape: Shape
  readonly length: number
  readonly seed: number
  readonly values: Float32Array
}

/** Values of any shape and of about a block or a tile. */
export const drawn: Arbitrary<Drawn> = fc
  .record({
    shape: fc.constantFrom(...allShapes),
    length: fc.oneof(fc.constantFrom(...edgeLengths), fc.integer({ min: 0, max: 1200 })),
    seed: fc.integer()
  })
  .map((draw) => ({ ...draw, values: valuesOf(draw.shape, draw.length, draw.seed) }))

/** The index of the first value that has other bits, where it is not NaN in both; or -1. */
export function firstDifference(a: Float32Array, b: Float32Array): number {
  if (a.length !== b.length) return Math.min(a.length, b.length)
  return a.findIndex((value, index) => !Object.is(value, b[index]))
}
