import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { createReader, createWriter, WireError } from '../src/index.ts'

function code(act: () => unknown): string | undefined {
  try {
    act()
  } catch (error) {
    if (error instanceof WireError) return (error as WireError).code
    throw error
  }
  return undefined
}

describe('fields', () => {
  it('come back as they were written', () => {
    fc.assert(
      fc.property(
        fc.nat(255),
        fc.nat(65_535),
        fc.nat(2 ** 32 - 1),
        fc.maxSafeNat(),
        fc.double(),
        fc.uint8Array(),
        fc.string({ unit: 'grapheme' }),
        fc.array(fc.nat(255), { maxLength: 50 }),
        (a, b, c, d, e, f, g, h) => {
          const bytes = createWriter(1)
            .uint8(a)
            .uint16(b)
            .uint32(c)
            .uint53(d)
            .float64(e)
            .prefixed(f)
            .text(g)
            .list(h, (w, v) => w.uint8(v))
            .finish()
          const reader = createReader(bytes)
          expect(reader.uint8()).toBe(a)
          expect(reader.uint16()).toBe(b)
          expect(reader.uint32()).toBe(c)
          expect(reader.uint53()).toBe(d)
          expect(reader.float64()).toBe(e)
          expect([...reader.prefixed(1000)]).toEqual([...f])
          expect(reader.text(10_000)).toBe(g)
          expect(reader.list(50, (r) => r.uint8())).toEqual(h)
          reader.end()
          for (let cut = 0; cut < bytes.length; cut++) {
            const short = createReader(bytes.subarray(0, cut))
            expect(
              code(() => {
                short.bytes(19 + 4)
                short.text(10_000)
                short.list(50, (r) => r.uint32())
                short.bytes(bytes.length)
              })
            ).toBeDefined()
          }
        }
      ),
      { numRuns: 50 }
    )
  })

  it('stay as they were written while other writers write', () => {
    fc.assert(
      fc.property(
        fc.array(fc.string({ unit: 'binary', maxLength: 300 }), { maxLength: 60 }),
        (texts) => {
          // two at a time: what one has finished with is the other's to reuse
          const finished = texts.map((text) => {
            const other = createWriter().text('begun before')
            const bytes = createWriter(1).text(text).finish()
            expect(createReader(other.finish()).text(20)).toBe('begun before')
            return bytes
          })
          const utf8 = new TextEncoder()
          for (const [i, bytes] of finished.entries()) {
            const reader = createReader(bytes)
            expect(reader.prefixed(2_000)).toEqual(utf8.encode(texts[i]))
            reader.end()
          }
        }
      ),
      { numRuns: 50 }
    )
  })

  it('hold the text they hold, whatever was read before', () => {
    // far more short texts than are remembered, and what looks like one of them but is none
    const texts = Array.from({ length: 5_000 }, (_, i) => `peer ${i % 3_000}`)
    for (const text of texts) {
      const bytes = createWriter().text(text).finish()
      expect(createReader(bytes).text(100)).toBe(text)
      bytes[4] = 0xff
      expect(code(() => createReader(bytes).text(100))).toBe('BAD_TEXT')
    }
    for (const text of ['', '\0', '\u007f', '\u0080', 'é', '\ufeffp01', 'a'.repeat(200)]) {
      for (let i = 0; i < 2; i++) {
        expect(createReader(createWriter().text(text).finish()).text(1000)).toBe(text)
      }
    }
  })

  it('are flags, one of several, or not there', () => {
    const sides = ['left', 'right', 'both'] as const
    const bytes = createWriter()
      .flag(true)
      .flag(false)
      .oneOf(sides, 'both')
      .optional('text', (w, text) => w.text(text))
      .optional(undefined, (w, text: string) => w.text(text))
      .finish()
    expect([...bytes]).toEqual([1, 0, 2, 1, 4, 0, 0, 0, ...new TextEncoder().encode('text'), 0])
    const reader = createReader(bytes)
    expect([reader.flag(), reader.flag()]).toEqual([true, false])
    expect(reader.oneOf(sides)).toBe('both')
    expect(reader.optional((r) => r.text(4))).toBe('text')
    expect(reader.optional((r) => r.text(4))).toBeUndefined()
    reader.end()
  })

  it('are none of several', () => {
    for (const value of [2, 255]) {
      const reader = (): ReturnType<typeof createReader> => createReader(Uint8Array.of(value))
      expect(code(() => reader().flag())).toBe('OUT_OF_RANGE')
      expect(code(() => reader().optional((r) => r.remaining))).toBe('OUT_OF_RANGE')
      expect(code(() => reader().oneOf(['left', 'right']))).toBe('OUT_OF_RANGE')
    }
    expect(code(() => createReader(Uint8Array.of(0)).oneOf([]))).toBe('OUT_OF_RANGE')
    expect(code(() => createReader(new Uint8Array()).flag())).toBe('TRUNCATED')
    expect(code(() => createWriter().oneOf(['left', 'right'], 'up'))).toBe('OUT_OF_RANGE')
  })

  it('refuse lengths over their limit before reading them', () => {
    const bytes = createWriter().uint32(0xffff_ffff).finish()
    expect(code(() => createReader(bytes).prefixed(10))).toBe('TOO_LONG')
    expect(code(() => createReader(bytes).prefixed(2 ** 32))).toBe('TRUNCATED')
    expect(code(() => createReader(bytes).list(10, (r) => r.uint8()))).toBe('TOO_LONG')
  })

  it('refuse integers past 2^53, bad text and what is left over', () => {
    expect(code(() => createReader(new Uint8Array(8).fill(255)).uint53())).toBe('OUT_OF_RANGE')
    const bad = createWriter()
      .prefixed(new Uint8Array([0xff, 0xfe]))
      .finish()
    expect(code(() => createReader(bad).text(10))).toBe('BAD_TEXT')
    expect(code(() => createReader(bad).end())).toBe('TRAILING_BYTES')
  })

  it('refuse to write what does not fit', () => {
    for (const value of [-1, 256, 1.5, Number.NaN]) {
      expect(code(() => createWriter().uint8(value))).toBe('OUT_OF_RANGE')
    }
    expect(code(() => createWriter().uint53(2 ** 53))).toBe('OUT_OF_RANGE')
  })
})
