import { compress, decompress } from '@bokuweb/zstd-wasm'
import { describe, expect, it, vi } from 'vitest'

import { createCodec } from '../src/index.ts'
import { bellCurve, sameBits } from './values.ts'

const HEADER = 8
const FRAME = HEADER + 4
/** Values that are compressed at once. */
const TILE = 262_144

const refusal = expect.objectContaining({ name: 'CodecError', code: 'MALFORMED' })

describe('zstd stage', () => {
  it.each(['float32', 'int8'])('changes nothing about %s, over several tiles', async (stage) => {
    const values = bellCurve(2 * TILE + 1000, 1)
    const plain = await createCodec(stage)
    const packed = await createCodec(`${stage}+zstd`)
    const expected = new Float32Array(values.length)
    plain.decode(plain.encode(values), expected)
    const bytes = packed.encode(values)
    const decoded = new Float32Array(values.length)
    packed.decode(bytes, decoded)
    expect(sameBits(decoded, expected)).toBe(true)
    expect(bytes.length).toBeLessThan(plain.encode(values).length)
    expect(bytes.buffer.byteLength).toBe(bytes.length)
  })

  it('decodes what any level has written', async () => {
    const values = bellCurve(1000, 2)
    const [low, high] = [await createCodec('int8+zstd:1'), await createCodec('int8+zstd:19')]
    const decoded = [new Float32Array(1000), new Float32Array(1000)]
    low.decode(high.encode(values), decoded[0]!)
    high.decode(low.encode(values), decoded[1]!)
    expect(decoded[0]).toEqual(decoded[1])
  })

  it('makes little of sparse gradients', async () => {
    const codec = await createCodec('int8+zstd')
    const values = bellCurve(100_000, 3).map((value, index) => (index % 10 === 0 ? value : 0))
    expect(codec.encode(values).length).toBeLessThan(400_000 / 10)
  })

  it('names the value that is not finite in a later tile', async () => {
    const codec = await createCodec('int8+zstd')
    const values = new Float32Array(TILE + 10)
    values[TILE + 7] = Number.NaN
    expect(() => codec.encode(values)).toThrow(
      expect.objectContaining({
        code: 'NON_FINITE',
        detail: { index: TILE + 7, value: Number.NaN }
      })
    )
  })

  it('leaves `out` untouched when a later tile is bad', async () => {
    const codec = await createCodec('int8+zstd')
    const bytes = codec.encode(bellCurve(TILE + 500, 4))
    const second = FRAME + new DataView(bytes.buffer).getUint32(HEADER, true) + 4
    expect([...bytes.subarray(second, second + 4)]).toEqual(FRAME_MAGIC)
    bytes.fill(0xff, second + 8, second + 40)
    const out = new Float32Array(TILE + 500).fill(7)
    expect(() => codec.decode(bytes, out)).toThrow(refusal)
    expect(out.every((value) => value === 7)).toBe(true)
  })

  it('does not let its memory grow from call to call', async () => {
    const codec = await createCodec('int8+zstd')
    const values = bellCurve(TILE, 5)
    const out = new Uint8Array(codec.maxEncodedLength(TILE))
    const decoded = new Float32Array(TILE)
    const damaged = codec.encode(values).slice()
    damaged.fill(0x55, 1000, 1100)
    const work = (): void => {
      codec.decode(codec.encode(values, out), decoded)
      try {
        codec.decode(damaged, decoded)
      } catch {
        // refused or not, it must give its memory back
      }
    }
    work()
    const grow = vi.spyOn(WebAssembly.Memory.prototype, 'grow')
    try {
      for (let i = 0; i < 200; i++) work()
      expect(grow).not.toHaveBeenCalled()
    } finally {
      grow.mockRestore()
    }
  })

  describe('with a frame that is not what it should be', () => {
    const length = 700
    const contentLength = length + 3 * 4 // 712

    it.each<[string, RegExp, (frame: Uint8Array) => Uint8Array]>([
      ['is empty', /does not begin with its magic/, () => new Uint8Array(0)],
      ['has another magic number', /its magic/, (frame) => withByte(frame, 0, (bits) => bits ^ 1)],
      ['comes behind a skippable one', /its magic/, (frame) => join(SKIPPABLE, frame)],
      ['is followed by a skippable one', /ends after/, (frame) => join(frame, SKIPPABLE)],
      ['is followed by an empty one', /ends after/, (frame) => join(frame, EMPTY)],
      ['is followed by a byte', /ends after/, (frame) => join(frame, new Uint8Array(1))],
      ['is cut off', /ends after/, (frame) => frame.subarray(0, -1)],
      ['is cut off in its header', /size of its content/, (frame) => frame.subarray(0, 6)],
      ['is cut off behind its header', /is cut off/, (frame) => frame.subarray(0, 9)],
      ['holds less', /announces 711 bytes/, () => compress(new Uint8Array(contentLength - 1))],
      ['holds more', /announces 713 bytes/, () => compress(new Uint8Array(contentLength + 1))],
      ['holds far more', /announces 5000000 bytes/, () => compress(new Uint8Array(5_000_000))],
      ['announces 4 GiB', /announces 4294967295 bytes/, () => repeated([255, 255, 255, 255], 2)],
      ['announces 2^63 bytes', /announces 9223/, () => repeated([0, 0, 0, 0, 0, 0, 0, 128], 3)],
      ['announces 256 bytes too many', /announces 968 bytes/, () => repeated([712 & 255, 2], 1)],
      ['does not hold what it announces', /corrupt/, () => repeated([456 & 255, 1], 1)],
      [
        'announces nothing',
        /size of its content/,
        (frame) => join(frame.subarray(0, 4), Uint8Array.of(0, 0x58), frame.subarray(7))
      ],
      ['needs a dictionary', /dictionary/, (frame) => withByte(frame, 4, (bits) => bits | 0b10)],
      ['may need one', /dictionary/, (frame) => withByte(frame, 4, (bits) => bits | 0b01)],
      ['sets the reserved bit', /reserved bit/, (frame) => withByte(frame, 4, (bits) => bits | 8)],
      ['has a reserved block', /reserved type/, (frame) => withByte(frame, 7, (bits) => bits | 6)]
    ])('refuses one that %s', async (_, reason, change) => {
      const codec = await createCodec('int8+zstd')
      const bytes = codec.encode(bellCurve(length, 6))
      const frame = bytes.subarray(FRAME)
      expect(decompress(frame).length).toBe(contentLength)
      const grow = vi.spyOn(WebAssembly.Memory.prototype, 'grow')
      const out = new Float32Array(length).fill(7)
      try {
        expect(() => codec.decode(withFrame(bytes, change(frame)), out)).toThrow(
          expect.objectContaining({
            name: 'CodecError',
            code: 'MALFORMED',
            detail: { reason: expect.stringMatching(reason) }
          })
        )
        expect(grow).not.toHaveBeenCalled()
      } finally {
        grow.mockRestore()
      }
      expect(out.every((value) => value === 7)).toBe(true)
    })

    it('refuses a length of a frame that is cut off, or longer than what is there', async () => {
      const codec = await createCodec('int8+zstd')
      const bytes = codec.encode(bellCurve(length, 6))
      const out = new Float32Array(length)
      const longer = bytes.slice()
      new DataView(longer.buffer).setUint32(HEADER, bytes.length - FRAME + 1, true)
      for (const bad of [bytes.subarray(0, FRAME - 1), longer]) {
        expect(() => codec.decode(bad, out)).toThrow(refusal)
      }
    })

    it('takes one that another encoder of zstd has written, checksum and all', async () => {
      const codec = await createCodec('int8+zstd')
      const content = new Uint8Array(4 + 1)
      content.set([0, 0, 0x80, 0x3f, 1])
      // a raw block, with a window descriptor, a size of eight bytes and a checksum nobody has to check
      const raw = Uint8Array.of(
        ...FRAME_MAGIC,
        0b1110_0000,
        5,
        0,
        0,
        0,
        0,
        0,
        0,
        0,
        41,
        0,
        0,
        ...content
      )
      const out = new Float32Array(1)
      codec.decode(withFrame(codec.encode(out), raw), out)
      expect([...out]).toEqual([1])
    })
  })
})

const FRAME_MAGIC = [0x28, 0xb5, 0x2f, 0xfd]
const SKIPPABLE = Uint8Array.of(0x50, 0x2a, 0x4d, 0x18, 1, 0, 0, 0, 42)
const EMPTY = Uint8Array.of(...FRAME_MAGIC, 0b10_0000, 0, 1, 0, 0)

/** A frame that announces a size, in a field of the length `flag` says, and holds one byte. */
function repeated(size: readonly number[], flag: number): Uint8Array {
  return Uint8Array.of(...FRAME_MAGIC, (flag << 6) | 0b10_0000, ...size, 0b1011, 0, 0, 0)
}

function withByte(frame: Uint8Array, at: number, change: (bits: number) => number): Uint8Array {
  const changed = frame.slice()
  changed[at] = change(changed[at]!)
  return changed
}

/** The encoding with another frame in place of its only one. */
function withFrame(bytes: Uint8Array, frame: Uint8Array): Uint8Array {
  const changed = join(bytes.subarray(0, FRAME), frame)
  new DataView(changed.buffer).setUint32(HEADER, frame.length, true)
  return changed
}

function join(...parts: readonly Uint8Array[]): Uint8Array {
  const joined = new Uint8Array(parts.reduce((length, part) => length + part.length, 0))
  let at = 0
  for (const part of parts) {
    joined.set(part, at)
    at += part.length
  }
  return joined
}
