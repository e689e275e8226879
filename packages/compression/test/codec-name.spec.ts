import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'

import {
  codec as begin,
  type CodecError,
  codecForCompressionLevel,
  createCodec,
  createDelta,
  parseCodecName
} from '../src/index.ts'

/** How the names of what exists begin. */
const ALLOWED = [
  ...['float32', 'float16', 'bfloat16', 'int8', 'int4', 'sign', 'sparse'],
  ...['topk:FRACTION', 'randomk:FRACTION', 'threshold:T', 'VALUES+zstd', 'delta[:VALUES]']
]

describe('parseCodecName', () => {
  it.each([
    ['float32', 'float32'],
    ['int8', 'int8'],
    ['int8+zstd', 'int8+zstd:1'],
    ['float32+zstd', 'float32+zstd:1'],
    ['int8+zstd:1', 'int8+zstd:1'],
    ['float32+zstd:19', 'float32+zstd:19'],
    ['float16', 'float16'],
    ['bfloat16+zstd', 'bfloat16+zstd:1'],
    ['int8:stochastic', 'int8:stochastic'],
    ['int4', 'int4'],
    ['int4:stochastic+zstd:2', 'int4:stochastic+zstd:2'],
    ['sign', 'sign'],
    ['sparse', 'sparse'],
    ['topk:0.01', 'topk:0.01'],
    ['topk:1', 'topk:1'],
    ['topk:1e-2+zstd:1', 'topk:0.01+zstd:1'],
    ['topk:.5', 'topk:0.5'],
    ['randomk:0.010', 'randomk:0.01'],
    ['threshold:1e-9', 'threshold:1e-9'],
    ['threshold:2.50', 'threshold:2.5']
  ])('takes %s for %s', async (name, canonical) => {
    expect(parseCodecName(name)).toBe(canonical)
    expect((await createCodec(name)).name).toBe(canonical)
  })

  it.each([
    '',
    'int2',
    'INT8',
    ' int8',
    'int8 ',
    'int8\n',
    'int8+brotli',
    'int8+zstd1',
    'zstd',
    '+zstd',
    'int8+zstd+zstd',
    'toString'
  ])('refuses %j and says what is allowed', async (name) => {
    const refusal = expect.objectContaining({
      name: 'CodecError',
      code: 'UNKNOWN_CODEC',
      detail: { name, allowed: expect.any(Array) }
    })
    expect(() => parseCodecName(name)).toThrow(refusal)
    await expect(createCodec(name)).rejects.toEqual(refusal)
    try {
      parseCodecName(name)
    } catch (error) {
      const { allowed } = (error as CodecError<'UNKNOWN_CODEC'>).detail
      const missing = ALLOWED.filter((form) => !allowed.some((each) => each.startsWith(form)))
      expect(missing).toEqual([])
    }
  })

  it.each(['0', '20', '-1', '1.5', '01', '', ' 1', '1\n', 'fast', '1e1', '9'.repeat(400)])(
    'refuses the level %j',
    async (parameter) => {
      const name = `int8+zstd:${parameter}`
      const refusal = expect.objectContaining({
        code: 'BAD_PARAMETER',
        detail: { name, parameter }
      })
      expect(() => parseCodecName(name)).toThrow(refusal)
      await expect(createCodec(name)).rejects.toEqual(refusal)
    }
  )

  it.each([
    ['float32:1', '1'],
    ['int8:1', '1'],
    ['int8:', ''],
    ['int4:nearest', 'nearest'],
    ['sparse:0.5', '0.5'],
    ['topk', ''],
    ['topk:', ''],
    ['topk:0', '0'],
    ['topk:1.01', '1.01'],
    ['topk:-0.1', '-0.1'],
    ['topk:0x1', '0x1'],
    ['topk:NaN', 'NaN'],
    ['topk: 0.1', ' 0.1'],
    ['topk:0.1\n', '0.1\n'],
    ['topk:1e-400', '1e-400'],
    ['randomk:2', '2'],
    ['threshold:0', '0'],
    ['threshold:1e39', '1e39'],
    ['threshold:1e-46', '1e-46'],
    ['threshold:Infinity', 'Infinity']
  ])('refuses the parameter in %j', async (name, parameter) => {
    const refusal = expect.objectContaining({ code: 'BAD_PARAMETER', detail: { name, parameter } })
    expect(() => parseCodecName(name)).toThrow(refusal)
    await expect(createCodec(name)).rejects.toEqual(refusal)
  })

  it('gives canonical names for all numbers', () => {
    fc.assert(
      fc.property(fc.double({ min: Number.MIN_VALUE, max: 1, noNaN: true }), (fraction) => {
        const name = parseCodecName(`topk:${fraction}`)
        expect(Number(name.slice('topk:'.length))).toBe(fraction)
        expect(parseCodecName(name)).toBe(name)
      })
    )
  })

  it('repeats no more than a little of a hostile name', () => {
    for (const name of ['x', 'topk:1', 'int8+x', 'int8+zstd:1']) {
      try {
        parseCodecName(name + '1'.repeat(100_000))
        expect.unreachable()
      } catch (error) {
        expect((error as Error).message.length).toBeLessThan(1000)
      }
    }
  })
})

describe('codec()', () => {
  it.each([
    [begin().float32(), 'float32'],
    [begin().float16(), 'float16'],
    [begin().bfloat16().zstd(), 'bfloat16+zstd:1'],
    [begin().int8(), 'int8'],
    [begin().int8({ stochastic: true }), 'int8:stochastic'],
    [begin().int4({ stochastic: false }), 'int4'],
    [begin().sign(), 'sign'],
    [begin().sparse().zstd(3), 'sparse+zstd:3'],
    [begin().topk(0.01).zstd(1), 'topk:0.01+zstd:1'],
    [begin().randomk(1e-7), 'randomk:1e-7'],
    [begin().threshold(0.5), 'threshold:0.5'],
    [begin().int8().lz4(), 'int8+lz4'],
    [begin().int8().snappy(), 'int8+snappy'],
    [begin().topk(0.1).auto('1000k'), 'topk:0.1+auto:1M']
  ])('builds a choice that createCodec takes: %#', async (choice, name) => {
    expect(choice.name).toBe(name)
    expect((await createCodec(choice)).name).toBe(name)
  })

  it.each([0, -1, 1.5, Number.NaN])('refuses the fraction %d', (fraction) => {
    const refusal = expect.objectContaining({ code: 'BAD_PARAMETER' })
    expect(() => begin().topk(fraction)).toThrow(refusal)
    expect(() => begin().randomk(fraction)).toThrow(refusal)
  })
})

describe('a delta', () => {
  it.each([
    ['delta', 'delta:float32'],
    ['delta+zstd', 'delta:float32+zstd:1'],
    ['delta:int8+zstd:1', 'delta:int8+zstd:1'],
    ['delta:topk:1e-2+lz4', 'delta:topk:0.01+lz4'],
    ['delta:int4:stochastic', 'delta:int4:stochastic']
  ])('is named %s for %s, and is no codec', async (name, canonical) => {
    expect(parseCodecName(name)).toBe(canonical)
    const { name: made, codec, createCompressor } = await createDelta(name)
    expect(made).toBe(canonical)
    expect(`delta:${codec.name}`).toBe(canonical)
    expect(createCompressor().name).toBe(canonical)
    const refusal = expect.objectContaining({
      name: 'CodecError',
      code: 'STATEFUL',
      detail: { name: canonical },
      message: expect.stringContaining(`createDelta('${canonical}')`)
    })
    await expect(createCodec(name)).rejects.toEqual(refusal)
  })

  it.each([
    [begin().delta(), 'delta:float32'],
    [begin().delta().zstd(), 'delta:float32+zstd:1'],
    [begin().delta(begin().int8()).zstd(3), 'delta:int8+zstd:3'],
    [begin().delta(begin().topk(0.5)), 'delta:topk:0.5']
  ])('is built: %#', async (choice, name) => {
    expect(choice.name).toBe(name)
    expect((await createDelta(choice)).name).toBe(name)
  })

  it.each([
    ['delta:', 'UNKNOWN_CODEC'],
    ['delta:int2', 'UNKNOWN_CODEC'],
    ['delta:delta', 'UNKNOWN_CODEC'],
    ['delta:delta:int8', 'UNKNOWN_CODEC'],
    ['delta8', 'UNKNOWN_CODEC'],
    ['delta+', 'UNKNOWN_CODEC'],
    ['delta:topk:2', 'BAD_PARAMETER'],
    ['delta+zstd:20', 'BAD_PARAMETER']
  ])('is refused as %s', async (name, code) => {
    const refusal = expect.objectContaining({ code, detail: expect.objectContaining({ name }) })
    expect(() => parseCodecName(name)).toThrow(refusal)
    await expect(createCodec(name)).rejects.toEqual(refusal)
    await expect(createDelta(name)).rejects.toEqual(refusal)
  })

  it('is not made of a name of a codec', async () => {
    await expect(createDelta('int8')).rejects.toThrow('delta[:VALUES][+ENTROPY]')
  })
})

describe('codecForCompressionLevel', () => {
  it('takes 0 for no compression and 1 to 9 for int8 with that level of zstd', () => {
    const names = Array.from({ length: 10 }, (_, level) => codecForCompressionLevel(level))
    expect(names).toEqual([
      'float32',
      ...Array.from({ length: 9 }, (_, index) => `int8+zstd:${index + 1}`)
    ])
    expect(names.map((name) => parseCodecName(name))).toEqual(names)
  })

  it.each([-1, 10, 1.5, Number.NaN, Number.POSITIVE_INFINITY])('refuses %d', (level) => {
    expect(() => codecForCompressionLevel(level)).toThrow(
      expect.objectContaining({
        code: 'BAD_PARAMETER',
        detail: { name: 'compressionLevel', parameter: String(level) }
      })
    )
  })
})

describe('createCodec', () => {
  it('gives up when it is told to, with the reason it is given', async () => {
    const reason = new Error('no longer needed')
    await expect(createCodec('int8', { signal: AbortSignal.abort(reason) })).rejects.toBe(reason)
    const controller = new AbortController()
    const pending = createCodec('int8+zstd', { signal: controller.signal })
    controller.abort(reason)
    await expect(pending).rejects.toBe(reason)
    await expect(createCodec('int8+zstd')).resolves.toMatchObject({ name: 'int8+zstd:1' })
  })

  it.each([-1, 0.5, Number.NaN, 2 ** 32])('has no length for %d values', async (length) => {
    const codec = await createCodec('int8')
    expect(() => codec.maxEncodedLength(length)).toThrow(
      expect.objectContaining({ code: 'BAD_PARAMETER' })
    )
  })
})
