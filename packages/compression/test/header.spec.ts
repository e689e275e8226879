import { describe, expect, it } from 'vitest'

import { createCodec } from '../src/index.ts'

describe.each(['float32', 'int8', 'float32+zstd', 'int8+zstd'])('the header of %s', (name) => {
  it('is refused with any other value in any of its bytes', async () => {
    const codec = await createCodec(name)
    const bytes = codec.encode(new Float32Array([1, 2, 3]))
    const out = new Float32Array(3).fill(7)
    for (let at = 0; at < 8; at++) {
      for (let change = 1; change < 256; change++) {
        const changed = bytes.slice()
        changed[at]! ^= change
        expect(() => codec.decode(changed, out)).toThrow(
          expect.objectContaining({ code: at < 4 ? 'MALFORMED' : 'LENGTH_MISMATCH' })
        )
      }
    }
    expect([...out]).toEqual([7, 7, 7])
  })

  it('is refused by every other codec', async () => {
    const bytes = (await createCodec(name)).encode(new Float32Array(4))
    for (const other of ['float32', 'int8', 'float32+zstd', 'int8+zstd']) {
      if (other === name) continue
      const codec = await createCodec(other)
      expect(() => codec.decode(bytes, new Float32Array(4))).toThrow(
        /another codec wrote the bytes/
      )
    }
  })
})
