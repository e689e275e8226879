import { describe, expect, it } from 'vitest'

import { createCodec } from '../src/index.ts'
import { decodeWith, FLOAT_MAX, FLOAT_MIN, sameBits } from './values.ts'

const DENORMAL = 2 ** -130
const BFLOAT16_MAX = (2 - 2 ** -7) * 2 ** 127

/** What each value stage makes of arrays that stages go wrong at; the table in the README. */
const RESULTS: Readonly<Record<string, readonly Case[]>> = {
  float32: [same([-0]), same([0.1, 0.1]), same([DENORMAL, FLOAT_MIN]), same([FLOAT_MAX, 1])],
  float16: [
    same([-0]),
    [
      [0.1, 0.1],
      [0.0999755859375, 0.0999755859375]
    ],
    // below half of its smallest denormal, which is 2^-24; at it, and just above
    [
      [DENORMAL, -FLOAT_MIN, 2 ** -25, -(2 ** -25) * 1.01],
      [0, -0, 0, -(2 ** -24)]
    ],
    [
      [FLOAT_MAX, -FLOAT_MAX, 65_519, 65_520],
      [65_504, -65_504, 65_504, 65_504]
    ]
  ],
  bfloat16: [
    same([-0]),
    [
      [0.1, 0.1],
      [0.10009765625, 0.10009765625]
    ],
    [
      [DENORMAL, 2 ** -133, FLOAT_MIN],
      [DENORMAL, 2 ** -133, 0]
    ],
    [
      [FLOAT_MAX, -FLOAT_MAX, 1],
      [BFLOAT16_MAX, -BFLOAT16_MAX, 1]
    ]
  ],
  int8: [
    [[-0], [0]],
    same([0.1, 0.1]),
    same([0, -DENORMAL, DENORMAL]),
    same([FLOAT_MAX, -FLOAT_MAX, 0]),
    // the scale is 2^-136: from half of it on there is a code
    [
      [DENORMAL, 2 ** -137, 2 ** -136, -(2 ** -136)],
      [DENORMAL, 0, 2 ** -136, -(2 ** -136)]
    ]
  ],
  int4: [
    [[-0], [0]],
    same([0.1, 0.1]),
    same([0, -DENORMAL, DENORMAL]),
    same([FLOAT_MAX, -FLOAT_MAX, 0]),
    same([7, 6, -5, 4, 3, 2, 1, 0, -1, -7]),
    // ties to even
    [
      [7, 0.5, 1.5, -2.5, 3.5],
      [7, 0, 2, -2, 4]
    ]
  ],
  sign: [
    [[-0], [0]],
    same([0.1, 0.1]),
    same([DENORMAL, -DENORMAL]),
    same([FLOAT_MAX, -FLOAT_MAX]),
    [
      [-0, 3, -3, 0],
      [1.5, 1.5, -1.5, 1.5]
    ]
  ],
  sparse: [same([-0]), same([0.1, 0.1]), same([DENORMAL, 0, -FLOAT_MIN]), same([FLOAT_MAX, 0, -1])],
  'topk:0.5': [
    [[-0], [0]],
    [
      [0.1, 0.1, 0.1, -0.1],
      [0.1, 0.1, 0, 0]
    ],
    [
      [FLOAT_MIN, DENORMAL, -0, 0],
      [FLOAT_MIN, DENORMAL, 0, 0]
    ],
    [
      [1, FLOAT_MAX, -FLOAT_MAX, 2],
      [0, FLOAT_MAX, -FLOAT_MAX, 0]
    ]
  ],
  'threshold:1e-40': [
    [[-0], [0]],
    same([0.1, 0.1]),
    [
      [FLOAT_MIN, DENORMAL, 1e-40],
      [0, DENORMAL, Math.fround(1e-40)]
    ],
    same([FLOAT_MAX, -FLOAT_MAX])
  ],
  'randomk:1': [same([-0]), same([0.1, 0.1]), same([DENORMAL, 0, -FLOAT_MIN]), same([FLOAT_MAX, 1])]
}
const STAGES = [...Object.keys(RESULTS), 'int8:stochastic', 'int4:stochastic']

describe.each(Object.entries(RESULTS))('%s', (name, cases) => {
  it.each(cases)('makes of %j what is documented', async (values, expected) => {
    const codec = await createCodec(name)
    const decoded = decodeWith(codec, new Float32Array(values))
    expect(sameBits(decoded, new Float32Array(expected)), String(decoded)).toBe(true)
  })
})

describe.each(STAGES)('%s', (name) => {
  it('writes a header and nothing else for no values', async () => {
    const codec = await createCodec(name)
    const bytes = codec.encode(new Float32Array(0))
    expect(bytes.length).toBe(12)
    expect(codec.maxEncodedLength(0)).toBe(12)
    codec.decode(bytes, new Float32Array(0))
  })

  it.each([1, -0.1, FLOAT_MIN, -FLOAT_MAX])('keeps one value as it is: %d', async (value) => {
    if (name === 'threshold:1e-40' && value === FLOAT_MIN) return
    const codec = await createCodec(name)
    const [decoded] = decodeWith(codec, new Float32Array([value]))
    const [given] = new Float32Array([value])
    if (name.includes('float16')) expect(Math.abs(decoded! - given!)).toBeLessThanOrEqual(bound())
    else expect(decoded).toBe(given)

    function bound(): number {
      if (name === 'float16' && Math.abs(given!) > 65_504) return FLOAT_MAX
      return Math.max(Math.abs(given!) / 256, 2 ** -25)
    }
  })

  it('stays finite for the largest values, in every block', async () => {
    const codec = await createCodec(name)
    const values = Float32Array.from({ length: 5000 }, (_, index) =>
      index % 3 === 0 ? FLOAT_MAX : -FLOAT_MAX * (1 - index / 1e4)
    )
    expect(decodeWith(codec, values).every((value) => Number.isFinite(value))).toBe(true)
  })

  it.each([0, 1, 4999])(
    'refuses a value at %i that is not finite, whatever is kept',
    async (at) => {
      const codec = await createCodec(name)
      for (const value of [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY]) {
        // with much larger ones besides, and values that halves have no room for
        const values = new Float32Array(5000).fill(FLOAT_MAX)
        values[at] = value
        for (const seed of [0, 1, 2]) {
          expect(() => codec.encode(values, undefined, { seed })).toThrow(
            expect.objectContaining({ code: 'NON_FINITE', detail: { index: at, value } })
          )
        }
      }
    }
  )
})

type Case = readonly [values: readonly number[], decoded: readonly number[]]

function same(values: readonly number[]): Case {
  return [values, values]
}
