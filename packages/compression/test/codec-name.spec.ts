import { describe, expect, it } from 'vitest'

import { codecForCompressionLevel, createCodec, parseCodecName } from '../src/index.ts'

const ALLOWED = ['float32', 'int8', 'float32+zstd:LEVEL', 'int8+zstd:LEVEL']

describe('parseCodecName', () => {
  it.each([
    ['float32', 'float32'],
    ['int8', 'int8'],
    ['int8+zstd', 'int8+zstd:1'],
    ['float32+zstd', 'float32+zstd:1'],
    ['int8+zstd:1', 'int8+zstd:1'],
    ['float32+zstd:19', 'float32+zstd:19']
  ])('takes %s for %s', async (name, canonical) => {
    expect(parseCodecName(name)).toBe(canonical)
    expect((await createCodec(name)).name).toBe(canonical)
  })

  it.each([
    '',
    'int4',
    'INT8',
    ' int8',
    'int8 ',
    'int8\n',
    'int8:1',
    'int8+lz4',
    'int8+zstd1',
    'zstd',
    '+zstd',
    'int8+zstd+zstd',
    'toString'
  ])('refuses %j and says what is allowed', async (name) => {
    const refusal = expect.objectContaining({
      name: 'CodecError',
      code: 'UNKNOWN_CODEC',
      detail: { name, allowed: ALLOWED }
    })
    expect(() => parseCodecName(name)).toThrow(refusal)
    await expect(createCodec(name)).rejects.toEqual(refusal)
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

  it('repeats no more than a little of a hostile name', () => {
    expect(() => parseCodecName('x'.repeat(100_000))).toThrow(/^.{0,200}$/)
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
