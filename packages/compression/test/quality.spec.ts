import { describe, expect, it } from 'vitest'

import { createCodec } from '../src/index.ts'
import { decodeWith, normal } from './values.ts'

/** Mean squared errors on N(0,1) may be this much. */
const LIMITS: readonly (readonly [string, number])[] = [
  ['float32', 0],
  ['float16', 5e-8],
  ['bfloat16', 4e-6],
  ['int8', 6e-5],
  ['int8:stochastic', 1.2e-4],
  ['int4', 2.5e-2],
  ['int4:stochastic', 5e-2],
  // 1 - 2/π for the best magnitude there is
  ['sign', 0.37],
  // what is left of the variance without the outer tenth: 1 - E[x²; |x| > 1.645]
  ['topk:0.1', 0.57],
  ['randomk:0.1', 0.91],
  ['sparse', 0]
]

const LENGTH = 200_000

describe('on N(0,1)', () => {
  it.each(LIMITS)('%s has a mean squared error of %d at most', async (name, limit) => {
    const codec = await createCodec(name)
    const values = normal(LENGTH, 1)
    const decoded = decodeWith(codec, values, 9)
    const mse = values.reduce((sum, value, at) => sum + (value - decoded[at]!) ** 2, 0) / LENGTH
    expect(mse).toBeLessThanOrEqual(limit)
  })

  it.each([
    ['int8', 4 * 0.98],
    ['int4', 8 * 0.96],
    ['float16', 2 * 0.999],
    ['sign', 32 * 0.96],
    ['topk:0.01', 75]
  ])('%s is at least %d times smaller', async (name, ratio) => {
    const codec = await createCodec(name)
    expect((4 * LENGTH) / codec.encode(normal(LENGTH, 2)).length).toBeGreaterThanOrEqual(ratio)
  })

  it.each(['int8', 'int4'])(
    '%s:stochastic is right on average, and other each time',
    async (name) => {
      const codec = await createCodec(`${name}:stochastic`)
      const values = normal(600, 3)
      const sum = new Float64Array(values.length)
      const rounds = 3000
      for (let seed = 0; seed < rounds; seed++) {
        for (const [at, value] of decodeWith(codec, values, seed).entries()) sum[at]! += value
      }
      const step = name === 'int8' ? 4 / 127 : 4 / 7
      // rounding has a deviation of half a step at most; six of the mean's
      const margin = (6 * (step / 2)) / Math.sqrt(rounds)
      const far = [...values.keys()].filter(
        (at) => Math.abs(sum[at]! / rounds - values[at]!) > margin
      )
      expect(far).toEqual([])
      expect(decodeWith(codec, values, 1)).not.toEqual(decodeWith(codec, values, 2))
    }
  )
})
