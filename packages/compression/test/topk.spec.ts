import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'

import { createCodec } from '../src/index.ts'
import { anyValues, bellCurve, decodeWith, sameBits } from './values.ts'

describe('topk', () => {
  it('keeps the largest magnitudes exactly, the first ones of those that are equal', async () => {
    const fractions = fc.constantFrom(0.001, 0.01, 0.1, 0.5, 0.9, 1)
    const codecs = new Map(
      await Promise.all(
        [0.001, 0.01, 0.1, 0.5, 0.9, 1].map(
          async (fraction) => [fraction, await createCodec(`topk:${fraction}`)] as const
        )
      )
    )
    fc.assert(
      fc.property(anyValues, fractions, (values, fraction) => {
        const decoded = decodeWith(codecs.get(fraction)!, values)
        expect(sameBits(decoded, largest(values, fraction))).toBe(true)
      })
    )
  })

  it.each([0.001, 0.01, 0.3])('does so in long arrays, a fraction of %d', async (fraction) => {
    const codec = await createCodec(`topk:${fraction}`)
    for (const values of [
      bellCurve(50_000, 1),
      // many that are equal, of which some have to go
      bellCurve(50_000, 2).map((value) => Math.round(1000 * value) / 1000),
      new Float32Array(50_000).fill(-3),
      // ascending: whatever was seen first is too small
      Float32Array.from({ length: 50_000 }, (_, index) => index)
    ]) {
      expect(sameBits(decodeWith(codec, values), largest(values, fraction))).toBe(true)
    }
  })

  it('keeps one value of few, and none of none', async () => {
    const codec = await createCodec('topk:0.01')
    expect([...decodeWith(codec, new Float32Array([1, -3, 2]))]).toEqual([0, -3, 0])
    expect(codec.encode(new Float32Array(0)).length).toBe(12)
  })

  it('writes no zeros, however many it might keep', async () => {
    const codec = await createCodec('topk:0.5')
    const values = new Float32Array(4096)
    values[9] = 5
    values[10] = -0
    expect(codec.encode(values).length).toBe(12 + 2 + 1 + 4)
    expect(Object.is(decodeWith(codec, values)[10], 0)).toBe(true)
  })

  it('takes little more than 5 bytes per kept value at 1%', async () => {
    const codec = await createCodec('topk:0.01')
    const values = bellCurve(1_000_000, 3)
    expect(codec.encode(values).length).toBeLessThan(10_000 * 5.2)
  })
})

/** The definition, by sorting. */
function largest(values: Float32Array, fraction: number): Float32Array {
  const order = [...values.keys()].sort(
    (a, b) => Math.abs(values[b]!) - Math.abs(values[a]!) || a - b
  )
  const kept = Math.min(values.length, Math.max(1, Math.round(fraction * values.length)))
  const expected = new Float32Array(values.length)
  for (const index of order.slice(0, kept)) expected[index] = values[index]! + 0
  return expected
}
