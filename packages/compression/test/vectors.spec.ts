import { describe, expect, it } from 'vitest'

import { createCodec } from '../src/index.ts'
import { floatsFromHex, fromHex, toHex, type HexFloats } from '../vectors/hex.ts'
import { COMPRESSED, ENCODINGS } from '../vectors/inputs.ts'
import { sameBits } from './values.ts'
import file from './vectors.json' with { type: 'json' }

/** As another implementation would read them: docs/codec-format.md. */
interface Vector {
  readonly codec: string
  readonly input: string
  readonly seed?: string
  readonly bytes: string
  /** Left out where the values come back bit for bit. */
  readonly decoded?: HexFloats
}

const inputs = file.inputs as unknown as Readonly<Record<string, HexFloats>>
const encodings = file.encodings as unknown as readonly Vector[]
const compressed = file.compressed as unknown as readonly Vector[]

describe('the vectors of the format', () => {
  it('are all there', () => {
    expect(file.version).toBe(2)
    expect(encodings.length).toBe(
      ENCODINGS.reduce((sum, [, names]) => sum + names.split(' ').length, 0)
    )
    expect(compressed.map(({ codec }) => codec.replace(/:.*$/, ''))).toEqual(COMPRESSED)
    expect(file.malformed.length).toBeGreaterThan(50)
  })

  it.each(encodings)('$codec encodes $input as the bytes there', async (vector) => {
    const codec = await createCodec(vector.codec)
    expect(codec.name).toBe(vector.codec)
    const values = floatsFromHex(inputs[vector.input]!)
    const seed = BigInt(vector.seed ?? 0)
    expect(toHex(codec.encode(values, undefined, { seed }))).toBe(vector.bytes)
  })

  it.each([...encodings, ...compressed])(
    '$codec decodes the bytes for $input to the values there',
    async (vector) => {
      const codec = await createCodec(vector.codec)
      const expected = floatsFromHex(vector.decoded ?? inputs[vector.input]!)
      const out = new Float32Array(expected.length).fill(Number.NaN)
      codec.decode(fromHex(vector.bytes), out)
      expect(sameBits(out, expected)).toBe(true)
    }
  )

  it.each(file.malformed)('$codec refuses $why', async ({ codec: name, count, bytes }) => {
    const codec = await createCodec(name)
    const out = new Float32Array(count).fill(7)
    expect(() => codec.decode(fromHex(bytes), out)).toThrow(
      expect.objectContaining({ name: 'CodecError' })
    )
    expect(out.every((value) => value === 7)).toBe(true)
  })
})
