import { chacha20poly1305 } from '@noble/ciphers/chacha.js'
import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'

import { TEXT } from '../../src/wasm/constants.ts'
import { createCipher } from '../../src/wasm/cipher.ts'
import { createEngine } from '../../src/wasm/engine.ts'

const engine = createEngine()!
const { seal, open } = createCipher(engine)
const NOTHING = new Uint8Array(0)

/** Lengths at the edges of blocks, groups, strides and tiles. */
const LENGTHS = [16, 64, 256, 4096, 65_519, 65_536, 70_000, 131_072]
  .flatMap((edge) => [edge - 1, edge, edge + 1])
  .concat(0, 1)

/** Bytes without a pattern, quickly made of a seed. */
function bytesOf(length: number, seed: number): Uint8Array {
  let state = seed | 1
  return new Uint8Array(length).map(() => {
    state = Math.imul(state ^ (state >>> 15), 0x2c1b3c6d) + 0x9e3779b9
    return state >>> 24
  })
}

function isSame(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((byte, i) => byte === b[i])
}

function codeOf(work: () => unknown): unknown {
  try {
    work()
  } catch (error) {
    return (error as { readonly code?: unknown }).code
  }
  return 'none'
}

function checkAgainstNoble(length: number, dataLength: number, offset: number, seed: number): void {
  const key = bytesOf(32, seed)
  const nonce = bytesOf(12, seed + 1)
  const data = bytesOf(dataLength, seed + 2)
  const memory = bytesOf(offset + length + offset, seed + 3)
  const plaintext = memory.subarray(offset, offset + length)
  const sealed = seal(key, nonce, data, plaintext)
  const expected = chacha20poly1305(key, nonce, data).encrypt(plaintext)
  const what = `${length} bytes at ${offset}, ${dataLength} beside them, seed ${seed}`
  expect(isSame(sealed, expected), what).toBe(true)
  memory.set(sealed.subarray(0, length), offset)
  const record = new Uint8Array(offset + sealed.length)
  record.set(sealed, offset)
  const opened = open(key, nonce, data, record.subarray(offset))
  expect(isSame(opened, bytesOf(offset + length, seed + 3).subarray(offset)), what).toBe(true)
  expect(isSame(record.subarray(offset), sealed), what).toBe(true)
}

describe('the cipher in WebAssembly', () => {
  it.each(LENGTHS)('seals and opens as noble does, %i bytes', (length) => {
    for (const dataLength of [0, 1, 32, 65]) checkAgainstNoble(length, dataLength, 3, length + 1)
  })

  it('seals and opens as noble does, any length and place', () => {
    const upTo = (max: number) => fc.nat({ max })
    fc.assert(
      fc.property(
        fc.oneof(upTo(70_000), upTo(700)),
        fc.oneof(upTo(100), upTo(2000)),
        upTo(70),
        fc.integer(),
        checkAgainstNoble
      ),
      { numRuns: 60 }
    )
  })

  it('takes in associated data longer than a tile', () => {
    for (const length of [65_535, 65_536, 65_553, 140_000])
      checkAgainstNoble(100, length, 0, length)
  })

  it('opens nothing that was altered, wherever, and decrypts none of it', () => {
    const [key, nonce] = [bytesOf(32, 1), bytesOf(12, 2)]
    for (const length of [0, 40, 65_519, 70_000]) {
      const plaintext = bytesOf(length, 3)
      const sealed = seal(key, nonce, NOTHING, plaintext)
      const places = [
        0,
        length >> 1,
        length - 1,
        ...Array.from({ length: 16 }, (_, i) => length + i)
      ]
      for (const at of places.filter((place) => place >= 0)) {
        for (const bit of [1, 0x80]) {
          const altered = sealed.slice()
          altered[at] = (altered[at] ?? 0) ^ bit
          expect(codeOf(() => open(key, nonce, NOTHING, altered))).toBe('NOT_AUTHENTIC')
          const left = engine.bytes.subarray(TEXT, TEXT + 32)
          if (length >= 40) expect(isSame(left, plaintext.subarray(0, 32))).toBe(false)
        }
      }
      expect(isSame(open(key, nonce, NOTHING, sealed), plaintext)).toBe(true)
    }
  })

  it('refuses what has no room for a tag, and other data, keys and nonces', () => {
    const [key, nonce, data] = [bytesOf(32, 1), bytesOf(12, 2), bytesOf(7, 3)]
    const sealed = seal(key, nonce, data, bytesOf(100, 4))
    for (const length of [0, 15, 16, 115]) {
      expect(codeOf(() => open(key, nonce, data, sealed.subarray(0, length)))).toBe('NOT_AUTHENTIC')
    }
    expect(codeOf(() => open(key, nonce, NOTHING, sealed))).toBe('NOT_AUTHENTIC')
    expect(codeOf(() => open(bytesOf(32, 9), nonce, data, sealed))).toBe('NOT_AUTHENTIC')
    expect(codeOf(() => open(key, bytesOf(12, 9), data, sealed))).toBe('NOT_AUTHENTIC')
    expect(codeOf(() => open(key.subarray(1), nonce, data, sealed))).toBe('BAD_LENGTH')
    expect(codeOf(() => seal(key, nonce.subarray(1), data, sealed))).toBe('BAD_LENGTH')
  })

  it('leaves neither key nor key stream in its memory, whether it succeeds or not', () => {
    const [key, nonce] = [bytesOf(32, 5), bytesOf(12, 6)]
    const fresh = createEngine()!
    const cipher = createCipher(fresh)
    const clean = firstPageOf(fresh.bytes)
    const sealed = cipher.seal(key, nonce, bytesOf(3, 8), bytesOf(100, 7))
    expect(isSame(firstPageOf(fresh.bytes), clean)).toBe(true)
    cipher.open(key, nonce, bytesOf(3, 8), sealed)
    expect(isSame(firstPageOf(fresh.bytes), clean)).toBe(true)
    expect(codeOf(() => cipher.open(key, nonce, NOTHING, sealed))).toBe('NOT_AUTHENTIC')
    expect(codeOf(() => cipher.open(key, NOTHING, NOTHING, sealed))).toBe('BAD_LENGTH')
    expect(isSame(firstPageOf(fresh.bytes), clean)).toBe(true)
  })
})

/** The first page but for its end, which text may reach into: nothing but constants may stay there. */
function firstPageOf(bytes: Uint8Array): Uint8Array {
  return bytes.slice(0, TEXT - 64)
}
