import { compress, decompress } from '@bokuweb/zstd-wasm'
import { beforeAll, describe, expect, it } from 'vitest'

import type { EntropyStage } from '../src/entropy/entropy-stage.ts'
import { nativeZstd } from '../src/entropy/zstd-native.ts'
import { wasmZstd } from '../src/entropy/zstd-wasm.ts'
import { zstdStage } from '../src/entropy/zstd.ts'

const LENGTH = 712

const FRAME_MAGIC = [0x28, 0xb5, 0x2f, 0xfd]
const SKIPPABLE = Uint8Array.of(0x50, 0x2a, 0x4d, 0x18, 1, 0, 0, 0, 42)
const EMPTY = Uint8Array.of(...FRAME_MAGIC, 0b10_0000, 0, 1, 0, 0)

/** Has repeated parts and others, so that its frame has a compressed block. */
const content = Uint8Array.from({ length: LENGTH }, (_, index) =>
  index % 3 === 0 ? Math.imul(index, 0x9e37_79b1) >>> 28 : index & 15
)

const libraries = async () =>
  [nativeZstd(), await wasmZstd()].filter((library) => library !== undefined)

const frameOf = (stage: EntropyStage, bytes: Uint8Array): Uint8Array => {
  const out = new Uint8Array(stage.maxLength(bytes.length))
  return out.slice(0, stage.compress(bytes, out))
}

describe('zstd of Node.js and of WebAssembly', () => {
  it('read each other', async () => {
    for (const writer of await libraries()) {
      for (const level of [1, 3, 19]) {
        const frame = frameOf(zstdStage(writer, level), content)
        expect(frame.length).toBeLessThan(LENGTH)
        for (const reader of await libraries()) {
          const out = new Uint8Array(LENGTH)
          zstdStage(reader, 1).decompress(frame, out)
          expect(out).toEqual(content)
        }
      }
    }
  })

  it('take a frame of another encoder, checksum and all', async () => {
    // a raw block, with a window descriptor, a size of eight bytes and the low half of XXH64
    const bytes = Uint8Array.of(1, 2, 3, 4, 5)
    const raw = Uint8Array.of(
      ...FRAME_MAGIC,
      0b1110_0000,
      ...[5, 0, 0, 0, 0, 0, 0, 0],
      ...[41, 0, 0],
      ...bytes
    )
    for (const library of await libraries()) {
      const out = new Uint8Array(5)
      zstdStage(library, 1).decompress(raw, out)
      expect(out).toEqual(bytes)
      const checked = Uint8Array.of(...raw, ...[0, 0, 0, 0])
      checked[4]! |= 0b100
      expect(() => zstdStage(library, 1).decompress(checked, out)).toThrow(
        expect.objectContaining({ code: 'MALFORMED' })
      )
    }
  })
})

describe('a zstd frame', () => {
  beforeAll(async () => {
    // the library by itself writes what no stage would
    await wasmZstd()
  })

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
    ['holds less', /announces 711 bytes/, () => compress(new Uint8Array(LENGTH - 1))],
    ['holds more', /announces 713 bytes/, () => compress(new Uint8Array(LENGTH + 1))],
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
  ])('is refused if it %s', async (_, reason, change) => {
    for (const library of await libraries()) {
      const stage = zstdStage(library, 1)
      const frame = frameOf(stage, content)
      expect(decompress(frame)).toHaveLength(LENGTH)
      expect(() => stage.decompress(change(frame), new Uint8Array(LENGTH))).toThrow(
        expect.objectContaining({
          name: 'CodecError',
          code: 'MALFORMED',
          detail: { reason: expect.stringMatching(reason) }
        })
      )
    }
  })
})

/** A frame that announces a size, in a field of the length `flag` says, and holds one byte. */
function repeated(size: readonly number[], flag: number): Uint8Array {
  return Uint8Array.of(...FRAME_MAGIC, (flag << 6) | 0b10_0000, ...size, 0b1011, 0, 0, 0)
}

function withByte(frame: Uint8Array, at: number, change: (bits: number) => number): Uint8Array {
  const changed = frame.slice()
  changed[at] = change(changed[at]!)
  return changed
}

function join(...parts: readonly Uint8Array[]): Uint8Array {
  return Uint8Array.from(parts.flatMap((part) => [...part]))
}
