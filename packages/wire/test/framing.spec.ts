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
            const chunk = bytes.slice(at, end)
            assembler.push(chunk)
            // the bytes were borrowed
            chunk.fill(0xee)
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

  it('uses two buffers for all frames that are read one by one', () => {
    const assembler = createFrameAssembler({ maxFrameLength: 100_000 })
    const buffers = new Set<ArrayBufferLike>()
    for (let i = 0; i < 100; i++) {
      assembler.push(stream([new Uint8Array(4096 - i).fill(i)]))
      const frame = assembler.next()
      expect(frame?.[17]).toBe(i)
      if (frame !== undefined) buffers.add(frame.buffer)
    }
    expect(buffers.size).toBe(2)
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

  it('keeps frames apart until they were read', () => {
    const assembler = createFrameAssembler({ maxFrameLength: 500_000 })
    const lengths = [5, 100_000, 0, 300_000, 4096, 500_000, 7]
    for (const [i, length] of lengths.entries()) {
      assembler.push(stream([new Uint8Array(length).fill(i + 1)]))
    }
    for (const [i, length] of lengths.entries()) {
      const frame = assembler.next()
      expect(frame?.byteLength).toBe(length)
      expect(frame?.every((byte) => byte === i + 1)).toBe(true)
      // what comes meanwhile is put together elsewhere
      assembler.push(stream([new Uint8Array(10_000).fill(0xee)]))
      expect(frame?.every((byte) => byte === i + 1)).toBe(true)
    }
    expect(assembler.pending).toBe(lengths.length * 10_004)
    expect(assembler.frames).toBe(lengths.length)
  })

  it('uses little memory for a stream of any length', () => {
    const assembler = createFrameAssembler({ maxFrameLength: 100_000 })
    const buffers = new Set<ArrayBufferLike>()
    for (let i = 0; i < 500; i++) {
      assembler.push(stream([new Uint8Array(60_000), new Uint8Array(i), new Uint8Array(90_000)]))
      for (let frame = assembler.next(); frame !== undefined; frame = assembler.next()) {
        buffers.add(frame.buffer)
      }
    }
    const sizes = [...buffers].map(({ byteLength }) => byteLength)
    expect(sizes.reduce((sum, size) => sum + size, 0)).toBeLessThan(2 ** 20)
  })

  it('gives the frames that came before one too long', () => {
    const assembler = createFrameAssembler({ maxFrameLength: 8 })
    assembler.push(
      stream([Uint8Array.of(1), Uint8Array.of(2), new Uint8Array(9), new Uint8Array(1)])
    )
    expect([assembler.next()?.[0], assembler.next()?.[0]]).toEqual([1, 2])
    expect(assembler.pending).toBe(4)
    expect(() => assembler.next()).toThrow(/9 bytes/)
    expect(() => assembler.next()).toThrow(/9 bytes/)
  })
})
