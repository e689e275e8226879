import type { Codec } from '@daa-compute/interface'
import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'

import { createCodec } from '../src/index.ts'
import { anyValues, bellCurve, decodeWith, sameBits } from './values.ts'

const HEADER = 12
const BLOCK = 4096

/** The bytes of the value 1. */
const one = [0, 0, 0x80, 0x3f]

describe('sparse', () => {
  it('gives every value back bit for bit, -0 included', async () => {
    const codec = await createCodec('sparse')
    fc.assert(
      fc.property(anyValues, (values) => {
        expect(sameBits(decodeWith(codec, values), values)).toBe(true)
      })
    )
  })

  it('does so at every density, over several blocks', async () => {
    const codec = await createCodec('sparse')
    fc.assert(
      fc.property(density, fc.nat(), (share, seed) => {
        const values = scattered(2 * BLOCK + 77, share, seed)
        expect(sameBits(decodeWith(codec, values), values)).toBe(true)
      }),
      { numRuns: 300 }
    )
  })

  it.each([
    ['nothing', [], [0, 0]],
    ['a few', [0, 3], [2, 0, 0, 2, ...one, ...one]],
    ['gaps of two bytes', [239, 480], [2, 0, 239, 240, 0, ...one, ...one]],
    ['the longest gap', [4095], [1, 0, 0xff, 0x0f, ...one]]
  ])('writes the documented bytes for %s', async (_, places, body) => {
    const codec = await createCodec('sparse')
    const values = new Float32Array(BLOCK)
    for (const place of places) values[place] = 1
    expect([...codec.encode(values).subarray(HEADER)]).toEqual(body)
  })

  it('writes a bitmap where it is no longer than gaps, and no places for a full block', async () => {
    const codec = await createCodec('sparse')
    const values = new Float32Array(16).fill(1)
    expect([...codec.encode(values).subarray(HEADER, HEADER + 2)]).toEqual([16, 0])
    values[0] = 0
    expect([...codec.encode(values).subarray(HEADER, HEADER + 4)]).toEqual([15, 0x80, 0xfe, 0xff])
    values.fill(0, 1, 15)
    expect([...codec.encode(values).subarray(HEADER, HEADER + 3)]).toEqual([1, 0, 15])
  })

  it('is never longer than the dense values by more than 3.2%', async () => {
    const codec = await createCodec('sparse')
    for (const share of [0, 0.001, 0.01, 0.1, 0.2, 0.5, 0.9, 0.999, 1]) {
      const values = scattered(10 * BLOCK, share, 1)
      const kept = values.filter((value) => value !== 0).length
      const { length } = codec.encode(values)
      expect(length).toBeLessThan(4 * kept + values.length / 8 + 40)
      if (share < 0.05) expect(length).toBeLessThan(5.5 * kept + 60)
      expect(length).toBeLessThanOrEqual(codec.maxEncodedLength(values.length))
    }
  })
})

describe('hostile blocks of sparse', () => {
  it.each([
    ['cut off in the count', [1]],
    ['more values than a block has', [9, 0, ...one]],
    ['a flag that nobody sets', [0, 0x20]],
    ['a bitmap for a full block', [8, 0x80, ...Array.from({ length: 8 }, () => one).flat()]],
    ['cut off before a gap', [1, 0]],
    ['cut off in a long gap', [1, 0, 240, ...one.slice(1)]],
    ['a gap beyond the block', [1, 0, 8, ...one]],
    ['gaps that add up beyond the block', [2, 0, 5, 2, ...one, ...one]],
    ['cut off in the values', [1, 0, 3, 0, 0, 0x80]],
    ['more bits than values', [1, 0x80, 3, ...one]],
    ['fewer bits than values', [2, 0x80, 4, ...one, ...one]],
    ['a value that is not finite', [1, 0, 3, 0, 0, 0x80, 0x7f]],
    ['bytes behind the last block', [0, 0, 0]]
  ])('are refused: %s', async (_, body) => {
    const codec = await createCodec('sparse')
    expectRefused(codec, 8, body)
  })

  it('are refused when a bitmap has bits behind the last value', async () => {
    expectRefused(await createCodec('sparse'), 5, [1, 0x80, 0b10_0000, ...one])
  })

  it('are refused when they keep more than topk does', async () => {
    const codec = await createCodec(`topk:${10 / BLOCK}`)
    const keeping = (kept: number): number[] => [
      ...[kept, 0],
      ...Array.from({ length: kept }, () => 0),
      ...Array.from({ length: kept }, () => one).flat()
    ]
    expect(decodeBody(codec, BLOCK, keeping(10))[9]).toBe(1)
    expectRefused(codec, BLOCK, keeping(11))
  })
})

describe('threshold', () => {
  it('keeps what is at least as large, and zeros the rest', async () => {
    const codec = await createCodec('threshold:0.5')
    const values = new Float32Array([0.5, -0.5, 0.49999997, 0, -0, 7, -0.1])
    expect(sameBits(decodeWith(codec, values), new Float32Array([0.5, -0.5, 0, 0, 0, 7, 0]))).toBe(
      true
    )
  })

  it('takes the limit for the number that is written, not for the float32 next to it', async () => {
    const codec = await createCodec('threshold:0.1')
    const [near] = new Float32Array([0.1])
    expect(near! > 0.1).toBe(true)
    expect(decodeWith(codec, new Float32Array([near!]))[0]).toBe(near)
  })

  it('is off by less than the limit', async () => {
    const codec = await createCodec('threshold:1e-3')
    fc.assert(
      fc.property(anyValues, (values) => {
        const decoded = decodeWith(codec, values)
        const wrong = values.findIndex((value, index) =>
          Math.abs(value) >= 1e-3 ? decoded[index] !== value : !Object.is(decoded[index], 0)
        )
        expect(wrong).toBe(-1)
      })
    )
  })
})

const density = fc.oneof(
  fc.constantFrom(0, 1, 0.5, 1 / 8),
  fc.double({ min: 0, max: 1, noNaN: true })
)

/** A bell curve of which a share is kept and the rest is zero. */
function scattered(length: number, share: number, seed: number): Float32Array {
  const values = bellCurve(length, seed)
  const chance = bellCurve(length, seed + 1)
  // a bell curve scaled up and cut at its integers is as good as uniform
  return values.map((value, index) => ((Math.abs(chance[index]!) * 1e5) % 1 < share ? value : 0))
}

function withBody(codec: Codec, count: number, body: readonly number[]): Uint8Array {
  const header = codec.encode(new Float32Array(count)).subarray(0, HEADER)
  return new Uint8Array([...header, ...body])
}

function decodeBody(codec: Codec, count: number, body: readonly number[]): Float32Array {
  const out = new Float32Array(count)
  codec.decode(withBody(codec, count, body), out)
  return out
}

function expectRefused(codec: Codec, count: number, body: readonly number[]): void {
  const out = new Float32Array(count).fill(7)
  for (const read of [codec.decode.bind(codec), codec.decodeAdd!.bind(codec)]) {
    expect(() => read(withBody(codec, count, body), out)).toThrow(
      expect.objectContaining({ code: 'MALFORMED' })
    )
  }
  expect(out.every((value) => value === 7)).toBe(true)
}
