import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'

import { createCodec } from '../src/index.ts'
import { anyValues, sameBits } from './values.ts'

describe.each(['float32', 'float32+zstd'])('%s', (name) => {
  it('gives every value back bit for bit', async () => {
    const codec = await createCodec(name)
    fc.assert(
      fc.property(anyValues, (values) => {
        const decoded = new Float32Array(values.length)
        codec.decode(codec.encode(values), decoded)
        expect(sameBits(decoded, values)).toBe(true)
      })
    )
  })
})

describe('float32', () => {
  it('writes the documented bytes', async () => {
    const codec = await createCodec('float32')
    expect([...codec.encode(new Float32Array([1, -2]))]).toEqual([
      ...[0xda, 2, 1, 0, 2, 0, 0, 0, 0, 0, 0, 0],
      ...[0, 0, 0x80, 0x3f],
      ...[0, 0, 0, 0xc0]
    ])
  })

  it.each([0, 1, 1023, 1024, 2499])(
    'refuses bytes whose value %i is not finite, at any address',
    async (index) => {
      const codec = await createCodec('float32')
      const bytes = codec.encode(new Float32Array(2500).fill(3)).slice()
      new DataView(bytes.buffer).setUint32(12 + 4 * index, 0xff80_0000, true)
      for (const shift of [0, 1, 2, 3]) {
        const moved = new Uint8Array(bytes.length + shift)
        moved.set(bytes, shift)
        const out = new Float32Array(2500).fill(7)
        expect(() => codec.decode(moved.subarray(shift), out)).toThrow(
          expect.objectContaining({
            code: 'MALFORMED',
            detail: { reason: `value ${index} is not finite` }
          })
        )
        expect(out.every((value) => value === 7)).toBe(true)
      }
    }
  )
})
