import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'

import { createKernels, referenceKernels } from '../src/index.ts'
import { placesFor } from './places.ts'
import {
  allShapes,
  bytesOf,
  drawn,
  edgeLengths,
  firstDifference,
  type Shape,
  valuesOf
} from './values.ts'

const kernels = createKernels()
const names = ['int8', 'int4', 'float16', 'bfloat16'] as const
type Name = (typeof names)[number]

/** Encodes, decodes and accumulates with both, in all places, and compares every bit. */
function checkValues(name: Name, values: Float32Array, seed: bigint | undefined): void {
  const expected = referenceKernels[name]
  const length = expected.encodedLength(values.length)
  const bytes = new Uint8Array(length).fill(0xee)
  const refused = expected.encode(values, bytes, seed)
  for (const place of placesFor(kernels)) {
    const out = place.bytes(new Uint8Array(length).fill(0xee))
    expect(kernels[name].encode(place.floats(values), out, seed), place.name).toBe(refused)
    if (refused < 0)
      expect(
        out.findIndex((byte, i) => byte !== bytes[i]),
        place.name
      ).toBe(-1)
  }
  if (refused < 0) {
    expect(kernels[name].findFault(bytes, values.length)).toBe(-1)
    checkBytes(name, bytes, values)
  }
}

function checkBytes(name: Name, bytes: Uint8Array, target: Float32Array): void {
  const decoded = new Float32Array(target.length)
  referenceKernels[name].decode(bytes, decoded)
  for (const place of placesFor(kernels)) {
    const out = place.floats(new Float32Array(target.length).fill(7))
    kernels[name].decode(place.bytes(bytes), out)
    expect(firstDifference(out, decoded), place.name).toBe(-1)
  }
  for (const factor of [undefined, -0.3]) {
    const sum = target.slice()
    referenceKernels[name].accumulate(bytes, sum, factor)
    for (const place of placesFor(kernels)) {
      const out = place.floats(target)
      kernels[name].accumulate(place.bytes(bytes), out, factor)
      expect(firstDifference(out, sum), place.name).toBe(-1)
    }
  }
}

describe.each(names)('%s', (name) => {
  it('is bit for bit the reference at every length about vectors, blocks and tiles', () => {
    for (const [i, length] of edgeLengths.entries()) {
      const shape = allShapes[i % allShapes.length]!
      checkValues(name, valuesOf(shape, length, i), i % 2 === 0 ? undefined : BigInt(i))
    }
  })

  it('is bit for bit the reference for all kinds of values', () => {
    fc.assert(
      fc.property(drawn, fc.option(fc.bigInt(), { nil: undefined }), ({ values }, seed) => {
        checkValues(name, values, seed)
      }),
      { numRuns: 150 }
    )
  })

  it.each([Number.NaN, Infinity, -Infinity])('finds the first %s', (odd) => {
    fc.assert(
      fc.property(drawn, fc.nat(), fc.nat(), ({ values }, first, second) => {
        if (values.length === 0) return
        for (const index of [first, second]) values[index % values.length] = odd
        checkValues(name, values, undefined)
        // that the reference has no value for it either is what the next line is for
        const out = new Uint8Array(kernels[name].encodedLength(values.length))
        expect(kernels[name].encode(values, out)).toBeGreaterThanOrEqual(0)
      }),
      { numRuns: 60 }
    )
  })

  it('decodes any bytes as the reference does, and finds what is not finite in them', () => {
    fc.assert(
      fc.property(drawn, fc.integer(), ({ values }, seed) => {
        const bytes = bytesOf(kernels[name].encodedLength(values.length), seed)
        checkBytes(name, bytes, values)
        const decoded = new Float32Array(values.length)
        kernels[name].decode(bytes, decoded)
        if (kernels[name].findFault(bytes, values.length) < 0) {
          expect(kernels.findNonFinite(decoded)).toBe(-1)
        }
      }),
      { numRuns: 100 }
    )
  })

  it('finds the fault that the reference finds, wherever it is', () => {
    fc.assert(
      fc.property(drawn, fc.array(fc.nat(), { maxLength: 3 }), fc.nat(), ({ values }, at, odd) => {
        const { length } = values
        const bytes = new Uint8Array(kernels[name].encodedLength(length))
        // every format has some bytes of all ones that no encoder writes
        for (const place of at) if (bytes.length > 0) bytes[place % bytes.length] = 0xff - (odd % 2)
        for (const place of at) {
          if (bytes.length > 0) bytes[(place + 1) % bytes.length] = odd % 3 === 0 ? 0xff : 0x7c
        }
        const expected = referenceKernels[name].findFault(bytes, length)
        for (const place of placesFor(kernels)) {
          expect(kernels[name].findFault(place.bytes(bytes), length), place.name).toBe(expected)
        }
      }),
      { numRuns: 150 }
    )
  })

  it('leaves alone what is behind the result', () => {
    const values = valuesOf('bell', 300, 1)
    const length = kernels[name].encodedLength(300)
    const out = new Uint8Array(length + 40).fill(0xaa)
    kernels[name].encode(values, out)
    expect(out.subarray(length).every((byte) => byte === 0xaa)).toBe(true)
    expect(() => kernels[name].encode(values, out.subarray(0, length - 1))).toThrow(RangeError)
    expect(() => {
      kernels[name].decode(out.subarray(0, length - 1), values)
    }).toThrow(RangeError)
  })
})

const error = (name: Name, shape: Shape, seed?: bigint): number => {
  const values = valuesOf(shape, 65_536, 5)
  const bytes = new Uint8Array(kernels[name].encodedLength(values.length))
  kernels[name].encode(values, bytes, seed)
  const decoded = new Float32Array(values.length)
  kernels[name].decode(bytes, decoded)
  return decoded.reduce((sum, value, i) => sum + (value - values[i]!), 0) / values.length
}

describe('rounding by chance', () => {
  it.each(['int8', 'int4'] as const)('gives the value itself on average: %s', (name) => {
    // a step of int4 is 0.5 here, and an average of 65,536 is off by a thousandth of it
    expect(Math.abs(error(name, 'bell', 1n))).toBeLessThan(0.005)
  })

  it('keeps what is exact', () => {
    for (const shape of ['constant', 'ternary', 'oneHot', 'zeros'] as const) {
      expect(error('int8', shape, 3n)).toBe(0)
      expect(error('int4', shape, 3n)).toBe(0)
    }
  })

  it('depends on the seed', () => {
    const values = valuesOf('bell', 1000, 1)
    const encode = (seed: bigint): Uint8Array => {
      const out = new Uint8Array(kernels.int8.encodedLength(1000))
      kernels.int8.encode(values, out, seed)
      return out
    }
    expect(encode(1n)).toEqual(encode(1n + 2n ** 64n))
    const differing = encode(1n).filter((byte, i) => byte !== encode(2n)[i]).length
    expect(differing).toBeGreaterThan(200)
  })
})
