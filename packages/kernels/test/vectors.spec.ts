import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'

import { createKernels, referenceKernels } from '../src/index.ts'
import { placesFor } from './places.ts'
import { allShapes, drawn, edgeLengths, firstDifference, valuesOf } from './values.ts'

const kernels = createKernels()

function checkSums(target: Float32Array, values: Float32Array, factor: number): void {
  const sum = target.slice()
  referenceKernels.add(sum, values)
  const scaled = target.slice()
  referenceKernels.scaledAdd(scaled, values, factor)
  for (const [i, place] of placesFor(kernels).entries()) {
    const other = placesFor(kernels)[(i + 1) % 4]!
    for (const source of [place.floats(values), other.floats(values)]) {
      const added = place.floats(target)
      kernels.add(added, source)
      expect(firstDifference(added, sum), place.name).toBe(-1)
      const scaledAdded = place.floats(target)
      kernels.scaledAdd(scaledAdded, source, factor)
      expect(firstDifference(scaledAdded, scaled), place.name).toBe(-1)
    }
  }
}

function checkMaxima(values: Float32Array, blockLength: number): void {
  const blocks = Math.ceil(values.length / blockLength)
  const expected = new Float32Array(blocks)
  referenceKernels.blockMaxAbs(values, blockLength, expected)
  for (const place of placesFor(kernels)) {
    const out = place.floats(new Float32Array(blocks + 1).fill(-5))
    kernels.blockMaxAbs(place.floats(values), blockLength, out)
    expect(firstDifference(out.subarray(0, blocks), expected), place.name).toBe(-1)
    expect(out[blocks]).toBe(-5)
  }
}

describe('sums', () => {
  it('are bit for bit the reference at every length', () => {
    for (const [i, length] of edgeLengths.entries()) {
      const shape = allShapes[i % allShapes.length]!
      checkSums(valuesOf(shape, length, i), valuesOf('any', length, i + 1), 1 / 3)
    }
  })

  it('are bit for bit the reference for all kinds of values', () => {
    fc.assert(
      fc.property(drawn, fc.float(), ({ values, shape, length, seed }, factor) => {
        checkSums(values, valuesOf(shape, length, seed + 1), factor)
      }),
      { numRuns: 50 }
    )
  })

  it('may add an array to itself', () => {
    const values = valuesOf('bell', 20_000, 1)
    const doubled = values.map((value) => 2 * value)
    kernels.add(values, values)
    expect(firstDifference(values, doubled)).toBe(-1)
  })

  it('refuses arrays of different lengths', () => {
    expect(() => {
      kernels.add(new Float32Array(3), new Float32Array(4))
    }).toThrow(RangeError)
  })
})

describe('scans', () => {
  it('find the largest magnitude of every block', () => {
    fc.assert(
      fc.property(
        drawn,
        fc.oneof(fc.integer({ min: 1, max: 300 }), fc.constantFrom(16_384, 16_385, 40_000)),
        ({ values }, blockLength) => {
          checkMaxima(values, blockLength)
        }
      ),
      { numRuns: 100 }
    )
  })

  it('take a NaN for larger than infinity, which a maximum of floats would not', () => {
    const values = valuesOf('bell', 1000, 1)
    values[300] = Infinity
    values[700] = -Number.NaN
    const out = new Float32Array(4)
    kernels.blockMaxAbs(values, 256, out)
    expect([...out.subarray(0, 3)].map(Number.isFinite)).toEqual([true, false, false])
    expect(out[1]).toBe(Infinity)
    expect(out[2]).toBeNaN()
  })

  it('find the first value that is not finite, wherever it is', () => {
    for (const length of edgeLengths) {
      const values = valuesOf('any', length, length)
      expect(kernels.findNonFinite(values)).toBe(-1)
      for (const index of [length - 1, length >> 1, 0]) {
        if (index < 0) continue
        values[index] = index % 2 === 0 ? -Infinity : Number.NaN
        for (const place of placesFor(kernels)) {
          expect(kernels.findNonFinite(place.floats(values)), place.name).toBe(
            referenceKernels.findNonFinite(values)
          )
        }
      }
    }
  })
})
