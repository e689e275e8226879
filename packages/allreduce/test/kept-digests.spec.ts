import { describe, expect, it } from 'vitest'
import { keep, sameDigest, toHex } from '../src/round/wire/digest.ts'

function bytesOf(seed: number, length: number): Uint8Array {
  return Uint8Array.from({ length }, (_, i) => (seed * 31 + i * 7) & 0xff)
}

describe('bytes that are kept', () => {
  it('have memory of their own', () => {
    const frame = bytesOf(1, 32)
    const kept = keep(frame)
    expect(kept).toEqual(bytesOf(1, 32))
    frame.fill(0xff)
    expect(kept).toEqual(bytesOf(1, 32))
  })

  it('are the same array for the same contents', () => {
    expect(keep(bytesOf(2, 32))).toBe(keep(bytesOf(2, 32)))
  })

  it('are told apart by every byte and by their length', () => {
    const kept = keep(bytesOf(3, 32))
    for (let i = 0; i < 32; i++) {
      const other = bytesOf(3, 32)
      other[i] = (other[i] as number) ^ 1
      expect(keep(other)).toEqual(other)
      expect(toHex(other)).not.toBe(toHex(kept))
      expect(sameDigest(kept, other)).toBe(false)
    }
    expect(keep(bytesOf(3, 31))).toEqual(bytesOf(3, 31))
    expect(sameDigest(kept, bytesOf(3, 31))).toBe(false)
  })

  it('stay what they are when others take their place', () => {
    const all = Array.from({ length: 5_000 }, (_, seed) => {
      const bytes = bytesOf(seed, 32)
      new DataView(bytes.buffer).setUint32(4, seed, true)
      return { bytes, kept: keep(bytes) }
    })
    for (const { bytes, kept } of all) expect(sameDigest(kept, bytes)).toBe(true)
  })

  it('may be of any length', () => {
    for (const length of [0, 1, 8, 64, 65, 128]) {
      const bytes = bytesOf(4, length)
      expect(keep(bytes)).toEqual(bytes)
      expect(keep(bytes)).not.toBe(bytes)
    }
  })
})

describe('hexadecimal', () => {
  it('has two digits for each byte', () => {
    expect(toHex(Uint8Array.of(0, 1, 15, 16, 255))).toBe('00010f10ff')
    expect(toHex(new Uint8Array(0))).toBe('')
    expect(toHex(bytesOf(5, 100))).toHaveLength(200)
  })

  it('is of the bytes as they are now', () => {
    const bytes = bytesOf(6, 32)
    const before = toHex(bytes)
    bytes[31] = (bytes[31] as number) ^ 0xff
    expect(toHex(bytes)).not.toBe(before)
  })
})
