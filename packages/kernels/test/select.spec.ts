import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'

import { createKernels, referenceKernels } from '../src/index.ts'
import { SAMPLE_SEEDS, samplePlaces } from '../src/simd/sample-limit.ts'
import { placesFor } from './places.ts'
import { allShapes, drawn, valuesOf } from './values.ts'

const kernels = createKernels()

/** The definition: sorted by magnitude, of equal ones the lower index first. */
function topByDefinition(values: Float32Array, count: number): number[] {
  return [...values.keys()]
    .sort((a, b) => Math.abs(values[b]!) - Math.abs(values[a]!) || a - b)
    .slice(0, count)
    .sort((a, b) => a - b)
}

describe('selectTop', () => {
  it('selects what sorting selects', () => {
    fc.assert(
      fc.property(drawn, fc.double({ min: 0, max: 1, noNaN: true }), ({ values }, part) => {
        const indices = new Uint32Array(Math.round(part * values.length))
        const expected = topByDefinition(values, indices.length)
        expect(referenceKernels.selectTop(values, indices)).toBe(-1)
        expect([...indices]).toEqual(expected)
        expect(kernels.selectTop(values, indices.fill(0))).toBe(-1)
        expect([...indices]).toEqual(expected)
      }),
      { numRuns: 60 }
    )
  })

  // long enough to be sampled
  const LENGTH = 150_000

  it.each(allShapes)('samples %s and is exact', (shape) => {
    const values = valuesOf(shape, LENGTH, 3)
    for (const count of [1, 1500, 30_000, 75_000, LENGTH]) {
      const expected = new Uint32Array(count)
      referenceKernels.selectTop(values, expected)
      for (const place of placesFor(kernels)) {
        const indices = new Uint32Array(count)
        expect(kernels.selectTop(place.floats(values), indices)).toBe(-1)
        expect(
          indices.findIndex((at, i) => at !== expected[i]),
          place.name
        ).toBe(-1)
      }
    }
  })

  it('is exact where a sample misleads', () => {
    // all that is large is in one run, or in all places but one run
    for (const [low, high] of [
      [0, 1],
      [1, 0]
    ] as const) {
      for (const start of [0, 77_777, LENGTH - 1501]) {
        const values = new Float32Array(LENGTH).fill(low).fill(high, start, start + 1501)
        const indices = new Uint32Array(1500)
        kernels.selectTop(values, indices)
        expect([...indices]).toEqual(
          low === 0
            ? Array.from({ length: 1500 }, (_, i) => start + i)
            : topByDefinition(values, 1500)
        )
      }
    }
  })

  it('is exact where every sample misleads', () => {
    const values = valuesOf('bell', LENGTH, 1)
    for (const seed of SAMPLE_SEEDS) {
      for (const place of samplePlaces(LENGTH, seed)) values[place] = 100 + (place % 7)
    }
    for (const count of [1500, 25_000]) {
      const indices = new Uint32Array(count)
      expect(kernels.selectTop(values, indices)).toBe(-1)
      expect([...indices]).toEqual(topByDefinition(values, count))
    }
  })

  it('finds the first value that is not finite, if it selects any', () => {
    for (const length of [40, LENGTH]) {
      const values = valuesOf('bell', length, 1)
      values[30] = -Infinity
      values[20] = Number.NaN
      expect(kernels.selectTop(values, new Uint32Array(1))).toBe(20)
      expect(referenceKernels.selectTop(values, new Uint32Array(1))).toBe(20)
      expect(kernels.selectTop(values, new Uint32Array(0))).toBe(-1)
      expect(() => kernels.selectTop(values, new Uint32Array(length + 1))).toThrow(RangeError)
    }
  })
})

describe('selectAbove', () => {
  it('is the reference, whatever there is room for', () => {
    fc.assert(
      fc.property(drawn, fc.nat(), fc.nat(40_000), ({ values }, pick, room) => {
        const threshold = Math.abs(values[pick % Math.max(1, values.length)] ?? 0)
        const expected = new Uint32Array(room)
        const count = referenceKernels.selectAbove(values, threshold, expected)
        expect(count).toBe(values.filter((value) => Math.abs(value) >= threshold).length)
        for (const place of placesFor(kernels)) {
          const indices = new Uint32Array(room)
          expect(kernels.selectAbove(place.floats(values), threshold, indices)).toBe(count)
          expect(
            indices.findIndex((at, i) => at !== expected[i]),
            place.name
          ).toBe(-1)
        }
      }),
      { numRuns: 50 }
    )
  })

  it('selects what is not finite', () => {
    const values = Float32Array.of(1, Number.NaN, 0, -Infinity, 5)
    const indices = new Uint32Array(5)
    expect(kernels.selectAbove(values, 1e30, indices)).toBe(2)
    expect([...indices.subarray(0, 2)]).toEqual([1, 3])
    expect(() => kernels.selectAbove(values, Number.NaN, indices)).toThrow(RangeError)
    expect(() => kernels.selectAbove(values, -1, indices)).toThrow(RangeError)
  })
})
