import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'

import { createCodec } from '../src/index.ts'
import { forEachRandomPlace } from '../src/stages/random-places.ts'
import { anyValues, bellCurve, decodeWith, sameBits } from './values.ts'

const anySeed = fc.bigInt({ min: 0n, max: 2n ** 64n - 1n })

describe('randomk', () => {
  it('keeps the announced number of values as they are, and zeros the rest', async () => {
    const codec = await createCodec('randomk:0.1')
    fc.assert(
      fc.property(anyValues, anySeed, (values, seed) => {
        const decoded = new Float32Array(values.length)
        codec.decode(codec.encode(values, undefined, { seed }), decoded)
        const kept = Math.min(values.length, Math.max(1, Math.round(values.length / 10)))
        const places = placesOf(decoded, values)
        expect(places.length).toBeLessThanOrEqual(kept)
        const ones = new Float32Array(values.length).fill(1)
        codec.decode(codec.encode(ones, undefined, { seed }), decoded)
        expect(decoded.reduce((sum, value) => sum + value, 0)).toBe(kept)
      })
    )
  })

  it('keeps other values with another seed, and the same ones with the same', async () => {
    const codec = await createCodec('randomk:0.05')
    const values = bellCurve(1000, 1)
    const first = decodeWith(codec, values, 1)
    expect(sameBits(decodeWith(codec, values, 1), first)).toBe(true)
    expect(sameBits(decodeWith(codec, values, 2), first)).toBe(false)
    const upper = new Float32Array(1000)
    codec.decode(codec.encode(values, undefined, { seed: 1n + (1n << 40n) }), upper)
    expect(sameBits(upper, first)).toBe(false)
  })

  it('keeps every value as often as every other', async () => {
    const codec = await createCodec('randomk:0.3')
    const length = 37
    const times = new Float32Array(length)
    const ones = new Float32Array(length).fill(1)
    const rounds = 20_000
    for (let seed = 0; seed < rounds; seed++) {
      codec.decodeAdd!(codec.encode(ones, undefined, { seed }), times)
    }
    const kept = Math.round(0.3 * length)
    const share = kept / length
    // six standard deviations of a binomial distribution
    const margin = 6 * Math.sqrt(rounds * share * (1 - share))
    expect(times.findIndex((each) => Math.abs(each - rounds * share) > margin)).toBe(-1)
  })

  it('sends no places: eight bytes of seed and the values', async () => {
    const codec = await createCodec('randomk:0.01')
    const bytes = codec.encode(bellCurve(10_000, 2), undefined, { seed: 0x0102_0304_0506_0708n })
    expect(bytes.length).toBe(12 + 8 + 4 * 100)
    expect([...bytes.subarray(12, 20)]).toEqual([8, 7, 6, 5, 4, 3, 2, 1])
  })

  it.each([1.5, Number.NaN, 2 ** 53])('refuses the seed %d', async (seed) => {
    const codec = await createCodec('randomk:0.01')
    expect(() => codec.encode(new Float32Array(1), undefined, { seed })).toThrow(
      expect.objectContaining({ code: 'BAD_PARAMETER' })
    )
  })

  it('takes the lower 64 bits of a seed', async () => {
    const codec = await createCodec('randomk:0.5')
    const values = bellCurve(100, 3)
    const encode = (seed: bigint | number): Uint8Array =>
      codec.encode(values, undefined, { seed }).slice()
    expect(encode(-1)).toEqual(encode(2n ** 64n - 1n))
    expect(encode(2n ** 64n + 5n)).toEqual(encode(5))
  })
})

describe('random places', () => {
  it('are different ones, and within bounds, whatever the numbers are', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 500 }),
        fc.double({ min: 0, max: 1, noNaN: true }),
        fc.infiniteStream(fc.oneof(fc.constantFrom(0, 2 ** 32 - 1), fc.nat({ max: 2 ** 32 - 1 }))),
        (count, share, numbers) => {
          const kept = Math.floor(share * count)
          const places = new Set<number>()
          forEachRandomPlace(
            count,
            kept,
            () => numbers.next().value as number,
            (place) => {
              expect(place).toBeGreaterThanOrEqual(0)
              expect(place).toBeLessThan(count)
              places.add(place)
            }
          )
          expect(places.size).toBe(kept)
        }
      )
    )
  })
})

/** Indices of what is not zero, all of which have to be as they were. */
function placesOf(decoded: Float32Array, values: Float32Array): number[] {
  const places = [...decoded.keys()].filter((index) => decoded[index] !== 0)
  for (const place of places) expect(decoded[place]).toBe(values[place])
  return places
}
