import { describe, expect, it } from 'vitest'

import { createCodec, describeEncoded } from '../src/index.ts'

const HEADER = 12

/** One of every kind, the first without and the last with an entropy stage. */
const NAMES = [
  ...['float32', 'float16', 'bfloat16', 'int8', 'int4', 'sign', 'sparse'],
  ...['topk:0.1', 'threshold:0.1', 'randomk:0.1', 'int8+zstd']
]

/** So many zeros that an entropy stage has something to gain. */
const COUNT = 3000

describe.each(NAMES)('the header of %s', (name) => {
  it('is refused with any other value in any of its bytes', async () => {
    const codec = await createCodec(name)
    const bytes = codec.encode(new Float32Array(COUNT).fill(2, 0, 3))
    const out = new Float32Array(COUNT).fill(7)
    for (let at = 0; at < HEADER; at++) {
      for (let change = 1; change < 256; change++) {
        const changed = bytes.slice()
        changed[at]! ^= change
        expect(() => codec.decode(changed, out)).toThrow(
          expect.objectContaining({ code: at >= 4 && at < 8 ? 'LENGTH_MISMATCH' : 'MALFORMED' })
        )
      }
    }
    expect(out.every((value) => value === 7)).toBe(true)
  })

  it('is refused by every codec with another value stage', async () => {
    const bytes = (await createCodec(name)).encode(new Float32Array(COUNT).fill(2, 0, 3))
    for (const other of NAMES) {
      if (kind(other) === kind(name)) continue
      const codec = await createCodec(other)
      expect(() => codec.decode(bytes, new Float32Array(COUNT))).toThrow(
        /another codec wrote the bytes/
      )
    }
  })

  it('says what the bytes are', async () => {
    const bytes = (await createCodec(name)).encode(new Float32Array(COUNT).fill(2, 0, 3))
    expect(describeEncoded(bytes)).toEqual({
      value: kind(name),
      entropy: name.split('+')[1] ?? 'none',
      count: COUNT,
      bodyLength: bytes.length - HEADER
    })
  })
})

describe('describeEncoded', () => {
  it('does not know stages of later versions', () => {
    const header = new Uint8Array([0xda, 2, 200, 201, 1, 0, 0, 0, 0, 20, 0, 0])
    expect(describeEncoded(header)).toEqual({
      value: undefined,
      entropy: undefined,
      count: 1,
      bodyLength: 0
    })
  })

  it.each([
    ['too few bytes', [0xda, 2, 1, 0, 0, 0, 0, 0, 0, 0, 0]],
    ['another magic byte', [0xdb, 2, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0]],
    ['another version', [0xda, 1, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0]]
  ])('refuses %s', (_, bytes) => {
    expect(() => describeEncoded(new Uint8Array(bytes))).toThrow(
      expect.objectContaining({ code: 'MALFORMED' })
    )
  })
})

function kind(name: string): string {
  return /^\w+/.exec(name)![0]
}
