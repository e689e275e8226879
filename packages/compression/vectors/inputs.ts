import { normal } from '../test/values.ts'

const FLOAT_MAX = 3.4028234663852886e38

/** Around everything at which number formats go wrong. */
const specials = [
  ...[0, -0, 1, -1, 0.1, -0.1, 2 ** -149, -(2 ** -149), 2 ** -130, 2 ** -133, 3 * 2 ** -134],
  ...[FLOAT_MAX, -FLOAT_MAX, 65_504, 65_519, 65_520, 2 ** -24, 2 ** -25, 3 * 2 ** -26],
  ...[127, 63.5, -126.5, 7, 1e-20, 1e20, 22 / 7, -19 / 7]
]

/** Two blocks of a sparse layout: gaps of one byte and of two, and a bitmap. */
function scattered(): Float32Array {
  const values = new Float32Array(4096 + 300)
  const sample = normal(100, 5)
  for (let index = 0; index < 19; index++) values[11 * index * index] = sample[index]!
  values[4095] = 1
  for (let index = 0; index < 60; index++) values[4096 + 5 * index] = sample[20 + index]!
  return values
}

/** What the vectors encode, by name. */
export const INPUTS: Readonly<Record<string, Float32Array>> = {
  empty: new Float32Array(0),
  one: new Float32Array([-0.75]),
  specials: new Float32Array(specials),
  constant: new Float32Array(9).fill(0.1),
  ternary: new Float32Array([0, 3, -3, 0, 3]),
  normal: normal(300, 1),
  long: normal(1030, 2),
  scattered: scattered()
}

/** Which codec encodes what, with which seed. */
export const ENCODINGS: readonly (readonly [codec: string, inputs: string, seed?: string])[] = [
  ['float32', 'empty one specials'],
  ['float16', 'empty one specials'],
  ['bfloat16', 'empty one specials'],
  ['int8', 'empty one specials constant ternary normal'],
  ['int8:stochastic', 'normal', '81985529216486895'],
  ['int4', 'empty one specials constant ternary normal'],
  ['int4:stochastic', 'normal', '81985529216486895'],
  ['sign', 'empty one specials constant long'],
  ['sparse', 'empty one specials ternary scattered'],
  ['topk:0.25', 'empty one specials constant scattered'],
  ['topk:0.001', 'scattered'],
  ['threshold:0.5', 'empty one specials scattered'],
  ['randomk:0.1', 'empty one specials normal scattered', '18446744073709551615'],
  ['randomk:0.1', 'normal', '0']
]

/** Their compressed bytes are up to the library, so that only decoding them is a vector. */
export const COMPRESSED: readonly string[] = [
  ...['zstd', 'lz4', 'snappy', 'auto'].map((entropy) => `sparse+${entropy}`),
  ...['zstd', 'lz4', 'snappy', 'auto'].map((entropy) => `float32+${entropy}`)
]
