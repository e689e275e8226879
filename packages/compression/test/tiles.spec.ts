import type { Codec } from '@daa-compute/interface'
import { createKernels } from '@daa-compute/kernels'
import { describe, expect, it } from 'vitest'

import { createPipelineCodec } from '../src/codec.ts'
import type { EntropyStage } from '../src/entropy/entropy-stage.ts'
import { malformed } from '../src/errors.ts'
import { createCodec } from '../src/index.ts'
import { createFloat32Stage } from '../src/stages/float32-stage.ts'
import { rawLengthOf } from '../src/tiles.ts'
import { bellCurve, decodeWith, sameBits } from './values.ts'

const HEADER = 12
const TILE = 1 << 20
/** Values of a tile of float32. */
const TILE_VALUES = TILE / 4

const refusal = expect.objectContaining({ name: 'CodecError', code: 'MALFORMED' })

describe.each(['zstd', 'lz4', 'snappy', 'auto'])('the pipeline with %s', (entropy) => {
  it.each(['float32', 'int8', 'topk:0.3', 'sparse'])(
    'changes nothing about %s, over several tiles',
    async (stage) => {
      const values = halfZeros(2 * TILE_VALUES + 1000)
      const plain = await createCodec(stage)
      const packed = await createCodec(`${stage}+${entropy}`)
      const bytes = packed.encode(values)
      expect(sameBits(decode(packed, bytes, values.length), decodeWith(plain, values))).toBe(true)
      expect(bytes.length).toBeLessThanOrEqual(plain.encode(values).length)
      expect(bytes.buffer.byteLength).toBe(bytes.length)
    }
  )

  it('writes what does not shrink as if there were no entropy stage', async () => {
    const plain = await createCodec('float32')
    const packed = await createCodec(`float32+${entropy}`)
    const values = noise(5000)
    const bytes = packed.encode(values)
    expect(bytes).toEqual(plain.encode(values))
    expect(sameBits(decode(packed, bytes, 5000), values)).toBe(true)
    for (const length of [0, 1, 5000, 3 * TILE_VALUES + 1]) {
      expect(packed.maxEncodedLength(length)).toBe(plain.maxEncodedLength(length))
    }
  })

  it('stores a tile that does not shrink among others that do', async () => {
    const packed = await createCodec(`float32+${entropy}`)
    const values = new Float32Array(2 * TILE_VALUES + 5)
    values.set(noise(TILE_VALUES), 0)
    const bytes = packed.encode(values)
    const view = new DataView(bytes.buffer, bytes.byteOffset)
    expect([view.getUint32(HEADER, true), view.getUint32(HEADER + 4, true)]).toEqual([TILE, TILE])
    expect(bytes.length).toBeLessThan(TILE + TILE / 10)
    expect(sameBits(decode(packed, bytes, values.length), values)).toBe(true)
  })

  it('leaves `out` untouched when a later tile is bad', async () => {
    const codec = await createCodec(`float32+${entropy}`)
    const values = new Float32Array(TILE_VALUES + 5000)
    values.fill(1, TILE_VALUES)
    const bytes = codec.encode(values)
    const view = new DataView(bytes.buffer, bytes.byteOffset)
    const second = HEADER + 8 + view.getUint32(HEADER + 4, true)
    // its head says that it is not compressed, which it is
    view.setUint32(second, view.getUint32(second + 4, true), true)
    expectRefused(codec, bytes, values.length)
  })
})

describe('the heads of tiles', () => {
  const head = (raw: number, length: number): number[] => [
    ...new Uint8Array(new Uint32Array([raw, length]).buffer)
  ]

  it.each([
    ['no tile', [], /no tiles/],
    ['a head that is cut off', head(5, 5).slice(1), /head of a tile is cut off/],
    ['a tile of no bytes', head(0, 0), /cannot be in/],
    ['more than a MiB in a tile', head(TILE + 1, 0), /cannot be in/],
    ['more bytes than the tile has', [...head(1, 2), 0, 0], /cannot be in/],
    ['a tile that is cut off', [...head(9, 2), 0], /cut off/],
    ['a length of 4 GiB', head(TILE, 0xffff_ffff), /cannot be in/],
    ['a short tile that is not the last', [...head(5, 0), ...head(5, 0)], /not the last/],
    ['more than the values take', head(101, 1).concat(0), /more than 100 bytes/],
    ['more than they take together', head(TILE, 0).concat(head(5, 0)), /more than/]
  ])('are refused for %s', (_, bytes, reason) => {
    expect(() => rawLengthOf(new Uint8Array(bytes), 100)).toThrow(reason)
    expect(() => rawLengthOf(new Uint8Array(bytes), 100)).toThrow(refusal)
  })

  it('are added up', () => {
    const bytes = [...head(TILE, 1), 7, ...head(TILE, 2), 7, 7, ...head(3, 3), 7, 7, 7]
    expect(rawLengthOf(new Uint8Array(bytes), 3 * TILE)).toBe(2 * TILE + 3)
  })
})

describe('an entropy stage', () => {
  it('sees a tile of at most a MiB at a time, and none that would be stored', () => {
    const seen: number[] = []
    const codec = runLength((input) => {
      seen.push(input.length)
      return 1
    })
    const values = new Float32Array(3 * TILE_VALUES + 7)
    const bytes = codec.encode(values)
    expect(seen).toEqual([TILE, TILE, TILE, 28])
    expect(bytes.length).toBe(HEADER + 4 * 9)
    expect(sameBits(decode(codec, bytes, values.length), values)).toBe(true)
  })

  it('is left out where it makes nothing shorter', () => {
    const codec = runLength((input) => input.length)
    expect(codec.encode(new Float32Array(100)).length).toBe(HEADER + 400)
  })

  it('writes only into scratch memory, however it fails', () => {
    const codec = runLength(() => 1)
    const bytes = codec.encode(new Float32Array(100))
    bytes[HEADER + 8] = 1
    expectRefused(codec, bytes, 100)
  })

  /** A stage that knows bytes of zero only, and says by itself how many bytes it wrote. */
  function runLength(watch: (input: Uint8Array) => number): Codec {
    const stage: EntropyStage = {
      name: 'zeros',
      id: 99,
      maxLength: () => 1,
      compress(input, out) {
        out[0] = 0
        return watch(input)
      },
      decompress(input, out) {
        out.fill(7, 0, 1)
        if (input[0] !== 0) throw malformed('bytes of the test are not zero')
        out.fill(0)
      }
    }
    return createPipelineCodec('float32+zeros', createFloat32Stage(createKernels()), stage)
  }
})

function expectRefused(codec: Codec, bytes: Uint8Array, length: number): void {
  const out = new Float32Array(length).fill(7)
  expect(() => codec.decode(bytes, out)).toThrow(refusal)
  expect(() => codec.decodeAdd!(bytes, out)).toThrow(refusal)
  expect(out.every((value) => value === 7)).toBe(true)
}

function halfZeros(length: number): Float32Array {
  return bellCurve(length, 1).map((value, index) => (index % 2 === 0 ? value : 0))
}

/** Finite values whose bytes are as random as they can be. */
function noise(length: number): Float32Array {
  const bits = new Uint32Array(length)
  let state = 1
  for (let i = 0; i < length; i++) {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) | 0
    const mixed = Math.imul(state ^ (state >>> 15), 0x2c1b_3c6d)
    bits[i] = (mixed ^ (mixed >>> 12)) & 0xbfff_ffff
  }
  return new Float32Array(bits.buffer)
}

function decode(codec: Codec, bytes: Uint8Array, length: number): Float32Array {
  const out = new Float32Array(length).fill(Number.NaN)
  codec.decode(bytes, out)
  return out
}
