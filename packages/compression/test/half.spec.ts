import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'

import { bitsOfFloat, floatOfBits } from '@daa-compute/kernels'
import { createCodec } from '../src/index.ts'
import { anyFloat, anyValues, decodeWith, FLOAT_MAX, sameBits } from './values.ts'

const HEADER = 12

/** Significant bits, smallest power of two, and largest value of each. */
const FORMATS = [
  { name: 'float16', bits: 11, smallest: 2 ** -24, smallestNormal: 2 ** -14, largest: 65504 },
  {
    name: 'bfloat16',
    bits: 8,
    smallest: 2 ** -133,
    smallestNormal: 2 ** -126,
    largest: floatOfBits(0x7f7f_0000)
  }
]

describe.each(FORMATS)('$name', ({ name, bits, smallest, smallestNormal, largest }) => {
  it('rounds to nearest, ties to even, and beyond its range to its largest value', async () => {
    const codec = await createCodec(name)
    fc.assert(
      fc.property(anyValues, (values) => {
        expect(sameBits(decodeWith(codec, values), values.map(rounded))).toBe(true)
      })
    )
  })

  it('does so for values around each of its own, and around the middle between two', async () => {
    const codec = await createCodec(name)
    const edges = Float32Array.from({ length: 0x7c00 / 4 }, (_, index) =>
      rounded(floatOfBits(index * 0x2_0000 + (bits === 11 ? 0x3300_0000 : 0)))
    )
    for (const half of [0, unit(1) / 2, unit(1) / 2 + 2 ** -23, unit(1) / 2 - 2 ** -23]) {
      for (const sign of [1, -1]) {
        const values = edges.map((value) => value * (1 + half) * sign).filter(Number.isFinite)
        expect(sameBits(decodeWith(codec, values), values.map(rounded))).toBe(true)
      }
    }
  })

  it('gives back what it has decoded', async () => {
    const codec = await createCodec(name)
    fc.assert(
      fc.property(anyValues, (values) => {
        const once = decodeWith(codec, values)
        expect(sameBits(decodeWith(codec, once), once)).toBe(true)
      })
    )
  })

  it('saturates: the largest float32 becomes its largest value, and stays finite', async () => {
    const codec = await createCodec(name)
    expect([...decodeWith(codec, new Float32Array([FLOAT_MAX, -FLOAT_MAX, largest]))]).toEqual([
      largest,
      -largest,
      largest
    ])
  })

  it('keeps the sign of zero', async () => {
    const codec = await createCodec(name)
    expect(sameBits(decodeWith(codec, new Float32Array([-0, 0])), new Float32Array([-0, 0]))).toBe(
      true
    )
  })

  it('decodes all finite bits as what they stand for, and refuses the others', async () => {
    const codec = await createCodec(name)
    const bytes = codec.encode(new Float32Array(8)).slice()
    const view = new DataView(bytes.buffer)
    const out = new Float32Array(8)
    for (let code = 0; code < 0x1_0000; code++) {
      const place = code & 7
      view.setUint16(HEADER + 2 * place, code, true)
      const value = meaning(code)
      if (Number.isFinite(value)) {
        codec.decode(bytes, out)
        expect(Object.is(out[place], value)).toBe(true)
      } else {
        out.fill(7)
        expect(() => codec.decode(bytes, out)).toThrow(
          expect.objectContaining({ code: 'MALFORMED' })
        )
        expect(out.every((each) => each === 7)).toBe(true)
      }
      view.setUint16(HEADER + 2 * place, 0, true)
    }
  })

  it('takes two bytes per value', async () => {
    const codec = await createCodec(name)
    expect(codec.encode(new Float32Array(100)).length).toBe(HEADER + 200)
  })

  /** The step between neighbours at a magnitude. */
  function unit(magnitude: number): number {
    const exponent = Math.floor(Math.log2(Math.max(magnitude, smallestNormal)))
    // the logarithm may have been rounded up to a whole number
    const power = 2 ** exponent > magnitude && magnitude >= smallestNormal ? exponent - 1 : exponent
    return Math.max(2 ** (power - bits + 1), smallest)
  }

  /** The definition, in float64, which has bits to spare. */
  function rounded(value: number): number {
    const magnitude = Math.abs(value)
    const step = unit(magnitude)
    const steps = magnitude / step
    const floor = Math.floor(steps)
    const up = steps - floor > 0.5 || (steps - floor === 0.5 && floor % 2 === 1)
    const nearest = Math.min((up ? floor + 1 : floor) * step, largest)
    return value < 0 || Object.is(value, -0) ? -nearest : nearest
  }

  function meaning(code: number): number {
    if (name === 'bfloat16') return floatOfBits((code << 16) >>> 0)
    const sign = code >= 0x8000 ? -1 : 1
    const exponent = (code >>> 10) & 31
    const fraction = code & 0x3ff
    if (exponent === 31) return Number.NaN
    return exponent === 0
      ? sign * fraction * 2 ** -24
      : sign * (1 + fraction / 1024) * 2 ** (exponent - 15)
  }
})

describe('halves', () => {
  it('differ by what they are good at', async () => {
    const [float16, bfloat16] = [await createCodec('float16'), await createCodec('bfloat16')]
    fc.assert(
      fc.property(anyFloat, (value) => {
        const values = new Float32Array([value])
        const coarse = Math.abs(decodeWith(bfloat16, values)[0]! - value)
        expect(coarse).toBeLessThanOrEqual(Math.max(Math.abs(value) / 128, 2 ** -133))
        if (Math.abs(value) > 65504 || Math.abs(value) < 2 ** -14) return
        expect(Math.abs(decodeWith(float16, values)[0]! - value)).toBeLessThanOrEqual(
          Math.abs(value) / 2048
        )
      })
    )
    expect(bitsOfFloat(decodeWith(bfloat16, new Float32Array([1]))[0]!)).toBe(bitsOfFloat(1))
  })
})
