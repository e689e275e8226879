import { describe, expect, it } from 'vitest'

import { createCodec, measure } from '../src/index.ts'
import { normal } from './values.ts'

describe('measure', () => {
  it('says how small, how exact and how fast', async () => {
    const values = normal(10_000, 1)
    const codec = await createCodec('int8')
    // the first call of each loop finds the clock at rest, each further one 2 ms on
    let time = 0
    const found = measure(values, codec, { now: () => (time += 2), forMs: 10 })
    expect(found.ratio).toBe(40_000 / codec.encode(values).length)
    expect(found.mse).toBeGreaterThan(1e-5)
    expect(found.mse).toBeLessThan(6e-5)
    expect(found.maxError).toBeGreaterThan(Math.sqrt(found.mse))
    expect(found.maxError).toBeLessThan(4.5 / 127 / 2)
    // 40,000 bytes in 2 ms
    expect(found.encodeGBps).toBeCloseTo(0.02, 10)
    expect(found.decodeGBps).toBeCloseTo(0.02, 10)
  })

  it('takes the median of the times', async () => {
    const codec = await createCodec('float32')
    const moments = [0, 1, 2, 102, 103, 104]
    let at = 0
    const { encodeGBps } = measure(new Float32Array(250_000), codec, {
      now: () => moments[at++] ?? 1e9,
      forMs: 104
    })
    expect(encodeGBps).toBe(1)
  })

  it('finds no loss in what loses nothing', async () => {
    const found = measure(normal(100, 2), await createCodec('sparse'), { forMs: 5 })
    expect(found).toMatchObject({ mse: 0, maxError: 0 })
    expect(found.encodeGBps).toBeGreaterThan(0)
  })

  it('has an answer for no values, and for a clock that stands still', async () => {
    const codec = await createCodec('int4')
    expect(measure(new Float32Array(0), codec, { now: () => 0 })).toEqual({
      ratio: 1,
      mse: 0,
      maxError: 0,
      encodeGBps: 0,
      decodeGBps: 0
    })
  })

  it('passes on what the codec throws', async () => {
    const codec = await createCodec('int4')
    expect(() => measure(new Float32Array([Number.NaN]), codec)).toThrow(
      expect.objectContaining({ code: 'NON_FINITE' })
    )
  })
})
