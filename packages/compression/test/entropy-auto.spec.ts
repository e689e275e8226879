import { describe, expect, it } from 'vitest'

import { auto } from '../src/entropy/auto.ts'
import { timeOf, transferTime } from '../src/entropy/cost.ts'
import { LZ4_COST, SNAPPY_COST, ZSTD_COST } from '../src/entropy/cost-tables.ts'
import { createChooser } from '../src/entropy/chooser.ts'
import type { EntropyStage } from '../src/entropy/entropy-stage.ts'
import { SAMPLE_LENGTH, sampleOf } from '../src/entropy/sample.ts'
import { createCodec } from '../src/index.ts'
import { bellCurve } from './values.ts'

const TILE = 2 ** 20
const NAMES = ['raw', 'zstd', 'lz4', 'snappy']

const sparse = Uint8Array.from({ length: TILE }, (_, index) =>
  noiseAt(index + TILE) % 16 === 0 ? noiseAt(index) : 0
)
const dense = Uint8Array.from({ length: TILE }, (_, index) => noiseAt(index))

const choiceAt = async (bandwidth: string, tile: Uint8Array): Promise<string | undefined> => {
  const stage = await auto.load(auto.parse(bandwidth, 'int8+auto'))
  const out = new Uint8Array(stage.maxLength(tile.length))
  const length = stage.compress(tile, out)
  return NAMES[length >= tile.length ? 0 : out[0]!]
}

describe('auto', () => {
  it('compresses for slow links as much as it can, and for fast ones not at all', async () => {
    expect(await choiceAt('1M', sparse)).toBe('zstd')
    expect(await choiceAt('100M', sparse)).toBe('zstd')
    expect(await choiceAt('1000G', sparse)).toBe('raw')
  })

  it('leaves alone what does not compress', async () => {
    for (const bandwidth of ['1k', '1M', '1G']) expect(await choiceAt(bandwidth, dense)).toBe('raw')
  })

  it('leaves alone what is so short that a call costs more than the bytes', async () => {
    expect(await choiceAt('1G', sparse.subarray(0, 1000))).toBe('raw')
    expect(await choiceAt('1M', sparse.subarray(0, 1000))).not.toBe('raw')
  })

  it('chooses tile by tile', async () => {
    const codec = await createCodec('float32+auto:100M')
    const values = bellCurve(2 * (TILE / 4), 1).map((value, index) =>
      index < TILE / 4 ? 0 : value
    )
    values.set(new Float32Array(dense.buffer.slice(0, TILE)).map(finite), TILE / 4)
    const bytes = codec.encode(values)
    expect(bytes.length).toBeLessThan(1.1 * TILE)
    const decoded = new Float32Array(values.length)
    codec.decode(bytes, decoded)
    expect(decoded.every((value, index) => value === values[index])).toBe(true)
  })

  it('is decoded whatever bandwidth the receiver has in mind', async () => {
    const [slow, fast] = [await createCodec('int8+auto:1M'), await createCodec('int8+auto:1000G')]
    const values = bellCurve(5000, 2).map((value, index) => (index % 7 === 0 ? value : 0))
    const [left, right] = [new Float32Array(5000), new Float32Array(5000)]
    expect(slow.encode(values).length).toBeLessThan(fast.encode(values).length)
    slow.decode(fast.encode(values), left)
    fast.decode(slow.encode(values), right)
    expect(left).toEqual(right)
  })

  it('refuses a tile that names no stage, or itself', async () => {
    const stage = await auto.load('1M')
    for (const id of [0, 4, 5, 255]) {
      expect(() => stage.decompress(Uint8Array.of(id, 1, 2), new Uint8Array(10))).toThrow(
        expect.objectContaining({ code: 'MALFORMED' })
      )
    }
  })
})

describe('the choice', () => {
  /** A stage that leaves a share of everything, and says when it was asked. */
  const pretending = (name: string, ratio: number, asked: string[]): EntropyStage => ({
    name,
    id: 1,
    maxLength: (length) => length,
    compress: (input) => {
      asked.push(name)
      return Math.round(ratio * input.length)
    },
    decompress: () => {}
  })

  const flat = (perByte: number) => ({ perTile: 0, points: [{ ratio: 0, perByte }] })

  it('is what takes the least time from end to end', () => {
    // ns per byte: raw 8e9/bandwidth; strong 4 + 0.2 of it; weak 1 + 0.6 of it
    const candidates = [
      { stage: pretending('strong', 0.2, []), cost: flat(4) },
      { stage: pretending('weak', 0.6, []), cost: flat(1) }
    ]
    const tile = new Uint8Array(1000)
    const chosen = (nsPerByte: number): string | undefined =>
      createChooser(candidates, 8e9 / nsPerByte)(tile)?.name
    expect(chosen(2.4)).toBeUndefined()
    expect(chosen(2.6)).toBe('weak')
    expect(chosen(7.4)).toBe('weak')
    expect(chosen(7.6)).toBe('strong')
  })

  it('asks no weaker stage where the strongest finds nothing, and none where none can win', () => {
    const asked: string[] = []
    const candidates = [
      { stage: pretending('strong', 0.99, asked), cost: flat(1) },
      { stage: pretending('weak', 0.5, asked), cost: flat(1) }
    ]
    expect(createChooser(candidates, 1e6)(new Uint8Array(1000))?.name).toBe('strong')
    expect(asked).toEqual(['strong'])
    expect(createChooser(candidates, 1e12)(new Uint8Array(1000))).toBeUndefined()
    expect(asked).toEqual(['strong'])
  })

  it('is made from pieces that lie over the whole tile', () => {
    const tile = Uint8Array.from({ length: TILE }, (_, index) => index >>> 12)
    const room = new Uint8Array(SAMPLE_LENGTH)
    const sample = sampleOf(tile, room)
    expect(sample.length).toBe(SAMPLE_LENGTH)
    expect(sample[0]).toBe(0)
    expect(sample.at(-1)).toBe(255)
    expect(new Set(sample).size).toBeGreaterThanOrEqual(8)
    expect(sampleOf(tile.subarray(0, 100), room)).toEqual(tile.subarray(0, 100))
  })

  it('knows what bytes take on a link, and what a stage takes between the points of its table', () => {
    expect(transferTime(1000, 8e9)).toBe(1000)
    const cost = {
      perTile: 10,
      points: [
        { ratio: 0.2, perByte: 2 },
        { ratio: 0.6, perByte: 4 }
      ]
    }
    const without = (ratio: number): number =>
      timeOf(cost, 100, ratio, 8e9) - transferTime(100 * ratio, 8e9)
    expect(without(0)).toBeCloseTo(210)
    expect(without(0.2)).toBeCloseTo(210)
    expect(without(0.4)).toBeCloseTo(310)
    expect(without(0.6)).toBeCloseTo(410)
    expect(without(1)).toBeCloseTo(410)
    for (const { points } of [ZSTD_COST, LZ4_COST, SNAPPY_COST]) {
      const ratios = points.map(({ ratio }) => ratio)
      expect(ratios).toEqual(ratios.toSorted((a, b) => a - b))
    }
  })
})

function noiseAt(index: number): number {
  const mixed = Math.imul(index ^ (index >>> 7), 0x9e37_79b1)
  return Math.imul(mixed ^ (mixed >>> 15), 0x85eb_ca6b) >>> 24
}

function finite(value: number): number {
  return Number.isFinite(value) ? value : 1
}
