import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'

import { createCodec } from '../src/index.ts'
import { anyFloat, anyValues, bellCurve, decodeWith, FLOAT_MAX, FLOAT_MIN } from './values.ts'

const HEADER = 12
const BLOCK = 1024

describe('sign', () => {
  it('gives the mean magnitude of the block, with the sign of each value', async () => {
    const codec = await createCodec('sign')
    fc.assert(
      fc.property(anyValues, (values) => {
        const decoded = decodeWith(codec, values)
        for (let start = 0; start < values.length; start += BLOCK) {
          const block = values.subarray(start, start + BLOCK)
          const mean = Math.fround(
            block.reduce((sum, value) => sum + Math.abs(value), 0) / block.length
          )
          const wrong = block.findIndex(
            (value, index) => decoded[start + index] !== (value < 0 ? 0 - mean : mean)
          )
          expect(wrong).toBe(-1)
        }
      })
    )
  })

  it('gives constants back exactly', async () => {
    const codec = await createCodec('sign')
    fc.assert(
      fc.property(anyFloat, fc.integer({ min: 1, max: 2500 }), (value, length) => {
        const values = new Float32Array(length).fill(value)
        expect(decodeWith(codec, values)).toEqual(values.map((each) => each + 0))
      }),
      {
        examples: [
          [FLOAT_MIN, 2500],
          [-FLOAT_MAX, 2047],
          [0.1, 1023],
          [-0, 3]
        ]
      }
    )
  })

  it('has no sign for zeros, in a block of them and besides', async () => {
    const codec = await createCodec('sign')
    expect([...decodeWith(codec, new Float32Array([-0, 0]))]).toEqual([0, 0])
    expect([...decodeWith(codec, new Float32Array([-0, 0, -3, 3, 4]))]).toEqual([2, 2, -2, 2, 2])
    // the mean of these is nearer to 0 than to the smallest float32
    const tiny = new Float32Array(100)
    tiny[1] = -FLOAT_MIN
    expect([...decodeWith(codec, tiny)]).toEqual([...new Float32Array(100)])
  })

  it('takes 1.04 bits per value', async () => {
    const codec = await createCodec('sign')
    const values = bellCurve(100_000, 1)
    expect((8 * codec.encode(values).length) / values.length).toBeLessThan(1.04)
  })

  it('writes the documented bytes', async () => {
    const codec = await createCodec('sign')
    const values = new Float32Array([-1, 3, -2, 2, -2, 2, 2, 2, -2])
    expect([...codec.encode(values).subarray(HEADER)]).toEqual([0, 0, 0, 0x40, 0b1_0101, 1])
  })

  it.each([
    ['a negative magnitude', 3, 0x80],
    ['a magnitude that is not finite', 2, 0x80],
    ['signs behind the last value', 5, 0b10]
  ])('refuses %s', async (_, at, bits) => {
    const codec = await createCodec('sign')
    const bytes = codec.encode(new Float32Array(9).fill(2)).slice()
    // 2 is 0x40000000, so that the bits of infinity have to be completed
    if (at === 2) bytes[HEADER + 3] = 0x7f
    bytes[HEADER + at]! |= bits
    const out = new Float32Array(9).fill(7)
    expect(() => codec.decode(bytes, out)).toThrow(expect.objectContaining({ code: 'MALFORMED' }))
    expect(out.every((value) => value === 7)).toBe(true)
  })
})
