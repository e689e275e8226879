import { describe, expect, it } from 'vitest'

import type { EntropyFamily, EntropyStage } from '../src/entropy/entropy-stage.ts'
import { ENTROPY_FAMILIES } from '../src/entropy/families.ts'
import { loadOnce } from '../src/entropy/load-once.ts'
import { createCodec } from '../src/index.ts'
import { bellCurve } from './values.ts'

const TILE = 2 ** 20

const stageOf = async (name: string, parameter?: string): Promise<EntropyStage> => {
  const family = ENTROPY_FAMILIES.find((candidate) => candidate.name === name)!
  return await family.load(family.parse(parameter, name))
}

/** Bytes that compressors have different things to do for. */
const CONTENTS: Record<string, (index: number) => number> = {
  zeros: () => 0,
  noise: (index) => Math.imul(index ^ 0x5bd1, 0x9e37_79b1) >>> 24,
  runs: (index) => (index >>> 5) & 7,
  text: (index) => 'the quick brown fox jumps over the lazy dog. '.charCodeAt(index % 45),
  sparse: (index) => (index % 11 === 0 ? Math.imul(index, 0x85eb_ca6b) >>> 24 : 0)
}

const contentOf = (kind: string, length: number): Uint8Array =>
  Uint8Array.from({ length }, (_, index) => CONTENTS[kind]!(index))

const compressed = (stage: EntropyStage, content: Uint8Array): Uint8Array => {
  const out = new Uint8Array(stage.maxLength(content.length))
  return out.slice(0, stage.compress(content, out))
}

describe.each([
  ['zstd', '1'],
  ['zstd', '19'],
  ['lz4', undefined],
  ['snappy', undefined],
  ['auto', '1k']
])('entropy stage %s:%s', (name, parameter) => {
  it.each(Object.keys(CONTENTS))('gives %s back', async (kind) => {
    const stage = await stageOf(name, parameter)
    for (const length of [1, 2, 3, 11, 12, 13, 64, 255, 256, 1000, 70_000]) {
      const content = contentOf(kind, length)
      const bytes = compressed(stage, content)
      // stored instead, by whoever called
      if (bytes.length >= length) continue
      const out = new Uint8Array(length).fill(0xa5)
      stage.decompress(bytes, out)
      expect(out).toEqual(content)
    }
  })

  it('takes tiles of full size', async () => {
    const stage = await stageOf(name, parameter)
    for (const kind of ['noise', 'sparse']) {
      const content = contentOf(kind, TILE)
      const bytes = compressed(stage, content)
      if (bytes.length >= TILE) continue
      const out = new Uint8Array(TILE)
      stage.decompress(bytes, out)
      expect(out.every((byte, index) => byte === content[index])).toBe(true)
    }
  })

  it('writes the same bytes, whatever came before', async () => {
    const stage = await stageOf(name, parameter)
    const content = contentOf('text', 5000)
    const first = compressed(stage, content)
    compressed(stage, contentOf('sparse', 100_000))
    expect(compressed(stage, content)).toEqual(first)
    expect(compressed(await stageOf(name, parameter), content)).toEqual(first)
  })

  it('makes less of sparse gradients', async () => {
    const stage = await stageOf(name, parameter)
    expect(compressed(stage, contentOf('sparse', 100_000)).length).toBeLessThan(50_000)
  })

  it('refuses bytes that hold more, or less, than announced', async () => {
    const stage = await stageOf(name, parameter)
    const bytes = compressed(stage, contentOf('runs', 3000))
    for (const length of [1, 2999, 3001, TILE]) {
      expect(() => stage.decompress(bytes, new Uint8Array(length))).toThrow(
        expect.objectContaining({ name: 'CodecError', code: 'MALFORMED' })
      )
    }
  })

  it('refuses every prefix, and bytes behind the end', async () => {
    const stage = await stageOf(name, parameter)
    const content = contentOf('text', 300)
    const bytes = compressed(stage, content)
    for (let length = 0; length < bytes.length; length++) {
      expect(() => stage.decompress(bytes.subarray(0, length), new Uint8Array(300))).toThrow(
        expect.objectContaining({ code: 'MALFORMED' })
      )
    }
    expect(() => stage.decompress(Uint8Array.of(...bytes, 0), new Uint8Array(300))).toThrow(
      expect.objectContaining({ code: 'MALFORMED' })
    )
  })

  it('makes no encoding longer than without it', async () => {
    const suffix = parameter === undefined ? '' : `:${parameter}`
    for (const value of ['float32', 'int8']) {
      const plain = await createCodec(value)
      const packed = await createCodec(`${value}+${name}${suffix}`)
      for (const length of [0, 1, 2, 10, 300, 5000]) {
        const values = bellCurve(length, length + 1)
        expect(packed.encode(values).length).toBeLessThanOrEqual(plain.encode(values).length)
      }
    }
  })
})

describe('parameters of entropy stages', () => {
  const familyOf = (name: string): EntropyFamily =>
    ENTROPY_FAMILIES.find((family) => family.name === name)!

  it.each([
    ['zstd', undefined, '1'],
    ['zstd', '1', '1'],
    ['zstd', '19', '19'],
    ['lz4', undefined, undefined],
    ['snappy', undefined, undefined],
    ['auto', undefined, '100M'],
    ['auto', '1000', '1k'],
    ['auto', '1500', '1500'],
    ['auto', '1000k', '1M'],
    ['auto', '2500M', '2500M'],
    ['auto', '1000000000000', '1000G']
  ])('of %s: %s becomes %s', (name, parameter, canonical) => {
    expect(familyOf(name).parse(parameter, 'int8')).toBe(canonical)
  })

  it.each([
    ['zstd', ['', '0', '20', '-1', '01', '1.5', ' 1', '1e0', '٣']],
    ['lz4', ['', '1']],
    ['snappy', ['', '1']],
    ['auto', ['', '0', '999', '1001G', '1.5M', '1m', 'M', '-1', '1e9', '9999999999999999']]
  ])('of %s: others are refused', (name, parameters) => {
    for (const parameter of parameters) {
      expect(() => familyOf(name).parse(parameter, `int8+${name}:${parameter}`)).toThrow(
        expect.objectContaining({
          code: 'BAD_PARAMETER',
          detail: { name: `int8+${name}:${parameter}`, parameter }
        })
      )
    }
  })

  it('lets a signal end the wait', async () => {
    const signal = AbortSignal.abort(new Error('no longer wanted'))
    for (const { load, parse } of ENTROPY_FAMILIES) {
      await expect(load(parse(undefined, 'int8'), { signal })).rejects.toThrow('no longer wanted')
    }
  })
})

describe('loading a library', () => {
  it('is done once, for all who wait', async () => {
    let loads = 0
    const load = loadOnce('made-up', async () => ({ number: ++loads }))
    expect(await Promise.all([load(), load(), load()])).toEqual(
      Array.from({ length: 3 }, () => ({ number: 1 }))
    )
  })

  it('says what could not be loaded, and is tried again', async () => {
    let loads = 0
    const load = loadOnce('made-up', async () => {
      if (++loads === 1) throw new TypeError('failed to fetch')
      return loads
    })
    await expect(load()).rejects.toThrow(
      expect.objectContaining({
        name: 'CodecError',
        code: 'ENTROPY_UNAVAILABLE',
        detail: { stage: 'made-up' },
        cause: new TypeError('failed to fetch')
      })
    )
    expect(await load()).toBe(2)
  })

  it('goes on when somebody no longer waits', async () => {
    const loaded = Promise.withResolvers<number>()
    const load = loadOnce('made-up', () => loaded.promise)
    const controller = new AbortController()
    const impatient = load({ signal: controller.signal })
    const patient = load()
    controller.abort(new Error('no longer wanted'))
    await expect(impatient).rejects.toThrow('no longer wanted')
    loaded.resolve(1)
    expect(await patient).toBe(1)
    await expect(load({ signal: controller.signal })).rejects.toThrow('no longer wanted')
  })
})
