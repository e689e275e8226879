import { describe, expect, it } from 'vitest'
import fc from 'fast-check'
import { createFrameAssembler, FRAME_HEADER_LENGTH, writeFrameHeader } from '../src/index.ts'

function stream(frames: readonly Uint8Array[]): Uint8Array {
  const length = frames.reduce((sum, frame) => sum + FRAME_HEADER_LENGTH + frame.byteLength, 0)
  const bytes = new Uint8Array(length)
  let at = 0
  for (const frame of frames) {
    writeFrameHeader(bytes.subarray(at), frame.byteLength)
    bytes.set(frame, at + FRAME_HEADER_LENGTH)
    at += FRAME_HEADER_LENGTH + frame.byteLength
  }
  return bytes
}

describe('frame assembler', () => {
  it('writes the length as four bytes, little-endian', () => {
    const header = new Uint8Array(4)
    writeFrameHeader(header, 0x81020304)
    expect([...header]).toEqual([4, 3, 2, 0x81])
  })

  it('gives back any frames however the stream is cut', () => {
    fc.assert(
      fc.property(
        fc.array(fc.uint8Array({ maxLength: 300 }), { maxLength: 20 }),
        fc.array(fc.integer({ min: 0, max: 50 }), { minLength: 1, maxLength: 20 }),
        fc.boolean(),
        (frames, cuts, greedy) => {
          fc.pre(cuts.some((cut) => cut > 0))
          const assembler = createFrameAssembler({ maxFrameLength: 300 })
          const bytes = stream(frames)
          const seen: number[][] = []
          const drain = (): void => {
            for (let frame = assembler.next(); frame !== undefined; frame = assembler.next()) {
              expect(frame.byteOffset % 8).toBe(0)
              seen.push([...frame])
            }
          }
          for (let at = 0, i = 0; at < bytes.byteLength; i++) {
            const end = at + (cuts[i % cuts.length] ?? 1)
            assembler.push(bytes.slice(at, end))
            at = end
            if (greedy) drain()
          }
          drain()
          expect(seen).toEqual(frames.map((frame) => [...frame]))
          expect(assembler.pending).toBe(0)
          expect(assembler.partial).toBeUndefined()
        }
      )
    )
  })

  it('uses one buffer for all frames', () => {
    const assembler = createFrameAssembler({ maxFrameLength: 100_000 })
    const buffers = new Set<ArrayBufferLike>()
    for (let i = 0; i < 100; i++) {
      assembler.push(stream([new Uint8Array(4096 - i).fill(i)]))
      const frame = assembler.next()
      expect(frame?.[17]).toBe(i)
      if (frame !== undefined) buffers.add(frame.buffer)
    }
    expect(buffers.size).toBe(1)
  })

  it('refuses a length above the limit before it allocates', () => {
    const assembler = createFrameAssembler({ maxFrameLength: 1000 })
    assembler.push(Uint8Array.of(0xff, 0xff, 0xff, 0xff))
    expect(() => assembler.next()).toThrow(
      expect.objectContaining({
        name: 'WireError',
        code: 'TOO_LONG',
        detail: { length: 0xffffffff, limit: 1000 }
      })
    )
  })

  it('takes a frame of exactly the limit and says how far a cut one came', () => {
    const assembler = createFrameAssembler({ maxFrameLength: 1000 })
    assembler.push(stream([new Uint8Array(1000)]))
    expect(assembler.next()?.byteLength).toBe(1000)
    assembler.push(Uint8Array.of(10, 0))
    expect(assembler.next()).toBeUndefined()
    expect(assembler.partial).toEqual({ received: 2, expected: 4 })
    assembler.push(Uint8Array.of(0, 0, 1, 2, 3))
    expect(assembler.next()).toBeUndefined()
    expect(assembler.partial).toEqual({ received: 3, expected: 10 })
    assembler.clear()
    expect(assembler.partial).toBeUndefined()
    expect(assembler.next()).toBeUndefined()
  })

  it('does not keep chunks it has passed', () => {
    const assembler = createFrameAssembler({ maxFrameLength: 8 })
    for (let i = 0; i < 200; i++) assembler.push(stream([Uint8Array.of(i)]))
    for (let i = 0; i < 200; i++) expect(assembler.next()?.[0]).toBe(i)
    expect(assembler.pending).toBe(0)
  })

  it('frees the chunks it owns and leaves borrowed ones alone', () => {
    const bytes = stream([new Uint8Array(100_000).map((_, i) => i * 7)])
    const pieces = (): Uint8Array[] => [
      bytes.slice(0, 50_000),
      bytes.slice(50_000, 50_010),
      new Uint8Array([...bytes.slice(50_010, 90_000), 0]).subarray(0, 39_990),
      bytes.slice(90_000)
    ]
    for (const ownsChunks of [false, true]) {
      const chunks = pieces()
      const assembler = createFrameAssembler({ maxFrameLength: 100_000, ownsChunks })
      for (const chunk of chunks) assembler.push(chunk)
      expect(assembler.next()).toEqual(bytes.subarray(FRAME_HEADER_LENGTH))
      // a small one is not worth it, and a view may not be the only one
      expect(chunks.map((chunk) => chunk.byteLength > 0)).toEqual(
        ownsChunks ? [false, true, true, false] : [true, true, true, true]
      )
    }
  })
})
