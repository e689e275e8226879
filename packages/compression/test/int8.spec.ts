import type { Codec } from '@daa-compute/interface'
import * as fc from 'fast-check'
import { beforeAll, describe, expect, it } from 'vitest'

import { createCodec } from '../src/index.ts'
import { anyFloat, anyValues, bellCurve, FLOAT_MAX, FLOAT_MIN, sameBits } from './values.ts'

const HEADER = 12
const BLOCK = 256

let codec: Codec
beforeAll(async () => {
  codec = await createCodec('int8')
})

describe('int8', () => {
  it('is off by half a step of the block at most', () => {
    fc.assert(
      fc.property(anyValues, (values) => {
        const bytes = codec.encode(values)
        const decoded = decode(bytes, values.length)
        const tooFar = values.findIndex(
          (value, index) => !(Math.abs(value - decoded[index]!) <= scaleOf(bytes, index) / 2)
        )
        expect(tooFar).toBe(-1)
      })
    )
  })

  it('makes steps of a 127th of the largest magnitude, or of a 63rd where that is denormal', () => {
    fc.assert(
      fc.property(anyValues, (values) => {
        const bytes = codec.encode(values)
        for (let start = 0; start < values.length; start += BLOCK) {
          const block = values.subarray(start, start + BLOCK)
          const peak = block.reduce((max, value) => Math.max(max, Math.abs(value)), 0)
          // a block of one magnitude takes that as its step and loses nothing
          if (block.every((value) => value === 0 || Math.abs(value) === peak)) continue
          const finest = peak < 2 ** -126 ? Math.max(peak / 63, FLOAT_MIN) : peak / 127
          expect(scaleOf(bytes, start)).toBeLessThanOrEqual(finest * (1 + 2 ** -16))
        }
      })
    )
  })

  it('encodes what it has decoded to the same values', () => {
    fc.assert(
      fc.property(anyValues, (values) => {
        const once = decode(codec.encode(values), values.length)
        const twice = decode(codec.encode(once), values.length)
        expect(sameBits(twice, once)).toBe(true)
      })
    )
  })

  it('encodes the same values to the same bytes', () => {
    fc.assert(
      fc.property(anyValues, (values) => {
        const first = codec.encode(values).slice()
        expect(codec.encode(values.slice())).toEqual(first)
      })
    )
  })

  it('gives constant blocks back exactly', () => {
    fc.assert(
      fc.property(anyFloat, fc.integer({ min: 1, max: 600 }), (value, length) => {
        const values = new Float32Array(length).fill(value)
        expect(decode(codec.encode(values), length)).toEqual(values.map((each) => each + 0))
      }),
      {
        examples: [
          [FLOAT_MIN, 300],
          [FLOAT_MAX, 300],
          [-FLOAT_MAX, 1],
          [0.1, 256],
          [-0, 5]
        ]
      }
    )
  })

  it('gives blocks of zeros and one magnitude back exactly', () => {
    fc.assert(
      fc.property(
        anyFloat,
        fc.array(fc.constantFrom(-1, 0, 1), { maxLength: 300 }),
        (size, signs) => {
          // adding zero makes 0 of -0, which int8 does not know
          const values = Float32Array.from(signs, (sign) => sign * size + 0)
          expect(sameBits(decode(codec.encode(values), values.length), values)).toBe(true)
        }
      )
    )
  })

  it('decodes -0 to 0', () => {
    expect(Object.is(decode(codec.encode(new Float32Array([-0, 1])), 2)[0], 0)).toBe(true)
  })

  it.each([
    ['halves of a step', 127, [0.5, 1.5, 2.5, -0.5, -1.5, -2.5], [0, 2, 2, 0, -2, -2]],
    // the nearest float32 values to half a step, on either side
    ['less than half', 127, [0.49999997, 2.4999998], [0, 2]],
    ['more than half', 127, [0.50000006, 2.5000002], [1, 3]]
  ])('rounds %s to nearest, ties to even', (_, peak, values, rounded) => {
    const all = new Float32Array([peak, ...values])
    expect([...decode(codec.encode(all), all.length)]).toEqual([peak, ...rounded])
  })

  it('rounds to nearest however close to the middle between two steps a value is', () => {
    fc.assert(
      fc.property(fc.float({ min: 1, max: 2, noNaN: true }), (peak) => {
        const scale = scaleOf(codec.encode(new Float32Array([peak, 0.5])), 0)
        const middles = Array.from({ length: 126 }, (_, code) => Math.fround((code + 0.5) * scale))
        for (const direction of [-1, 0, 1]) {
          const ulp = direction * 2 ** -24
          const values = new Float32Array([peak, ...middles.map((middle) => middle * (1 + ulp))])
          const decoded = decode(codec.encode(values), values.length)
          const tooFar = values.findIndex(
            (value, index) => !(Math.abs(value - decoded[index]!) <= scale / 2)
          )
          expect(tooFar).toBe(-1)
        }
      })
    )
  })

  it('follows the magnitude of each block', () => {
    const values = new Float32Array(3 * BLOCK)
    values.fill(1e-30, 0, BLOCK)
    values[3] = 3e-31
    values.set(bellCurve(BLOCK, 1), BLOCK)
    values.fill(1e30, 2 * BLOCK)
    const decoded = decode(codec.encode(values), values.length)
    expect(decoded[3]! / values[3]).toBeCloseTo(1, 1)
    expect(decoded[2 * BLOCK]).toBe(values[2 * BLOCK])
  })

  it.each([65_536, 1_000_000])('is four times smaller, less 2% at most (%i values)', (length) => {
    const encoded = codec.encode(bellCurve(length, 2))
    expect((4 * length) / encoded.length).toBeGreaterThan(4 * 0.98)
    expect(encoded.length).toBe(codec.maxEncodedLength(length))
  })

  it.each([
    ['negative', -1],
    ['minus zero', -0],
    ['NaN', Number.NaN],
    ['infinite', Number.POSITIVE_INFINITY],
    ['too large for its codes', FLOAT_MAX]
  ])('refuses a scale that is %s, in any block', (_, scale) => {
    for (const block of [0, 1, 2]) {
      const bytes = codec.encode(bellCurve(2 * BLOCK + 9, 3)).slice()
      new DataView(bytes.buffer).setFloat32(HEADER + block * (BLOCK + 4), scale, true)
      const out = new Float32Array(2 * BLOCK + 9).fill(7)
      expect(() => codec.decode(bytes, out)).toThrow(
        expect.objectContaining({ name: 'CodecError', code: 'MALFORMED' })
      )
      expect(out.every((value) => value === 7)).toBe(true)
    }
  })

  it('writes the documented bytes', () => {
    const bytes = codec.encode(new Float32Array([127, -3, 0, 2.5]))
    expect([...bytes]).toEqual([
      ...[0xda, 2, 4, 0, 4, 0, 0, 0, 8, 0, 0, 0],
      ...[0, 0, 0x80, 0x3f],
      ...[127, 0xfd, 0, 2]
    ])
  })
})

function decode(bytes: Uint8Array, length: number): Float32Array {
  const out = new Float32Array(length)
  codec.decode(bytes, out)
  return out
}

/** The scale of the block that a value is in. */
function scaleOf(bytes: Uint8Array, index: number): number {
  const at = HEADER + Math.floor(index / BLOCK) * (BLOCK + 4)
  return new DataView(bytes.buffer, bytes.byteOffset).getFloat32(at, true)
}
