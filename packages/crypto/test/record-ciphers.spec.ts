import { describe, expect, it } from 'vitest'
import { createRecordCiphers, CryptoError } from '../src/index.ts'
import type { RecordCiphers, RecordSealer } from '../src/index.ts'

const KEY = new Uint8Array(32).fill(7)
const PORTABLE = createRecordCiphers({ implementation: 'portable' })
const LENGTHS = [0, 1, 15, 16, 17, 1000, 65_519]

function seal(sealer: RecordSealer, parts: readonly Uint8Array[]): Uint8Array {
  const pieces = [...parts.map((part) => sealer.update(part)), sealer.finish()]
  const record = new Uint8Array(pieces.reduce((sum, { byteLength }) => sum + byteLength, 0))
  let at = 0
  for (const piece of pieces) {
    record.set(piece, at)
    at += piece.byteLength
  }
  return record
}

function bytes(length: number): Uint8Array {
  return new Uint8Array(length).map((_, i) => i * 7)
}

function codeOf(work: () => unknown): string {
  try {
    work()
  } catch (error) {
    if (error instanceof CryptoError) return String(error.code)
    throw error
  }
  return 'none'
}

describe.each([
  ['the best of the platform', createRecordCiphers()],
  ['wasm', createRecordCiphers({ implementation: 'wasm' })],
  ['portable', PORTABLE]
] satisfies [string, RecordCiphers][])('record ciphers, %s', (_, ciphers) => {
  it('open what was sealed, in order and in any number of parts', () => {
    const sealer = ciphers.createSealer(KEY)
    const opener = ciphers.createOpener(KEY)
    for (const length of LENGTHS) {
      const plaintext = bytes(length)
      const cut = length >> 1
      const record = seal(sealer, [plaintext.subarray(0, cut), plaintext.subarray(cut)])
      expect(record.byteLength).toBe(length + 16)
      expect([...opener.open(record)]).toEqual([...plaintext])
    }
  })

  it('give the same records as the portable ones', () => {
    const first = 2 ** 32 - 3
    const [one, other] = [ciphers.createSealer(KEY, first), PORTABLE.createSealer(KEY, first)]
    for (const length of LENGTHS) {
      expect(seal(one, [bytes(length)])).toEqual(seal(other, [bytes(length)]))
    }
  })

  it('leave the memory of a plaintext and of a record to the caller', () => {
    const plaintext = bytes(5000)
    const sealer = ciphers.createSealer(KEY)
    const ready = sealer.update(plaintext)
    plaintext.fill(0)
    const rest = sealer.finish()
    const record = new Uint8Array([...ready, ...rest])
    const opened = ciphers.createOpener(KEY).open(record)
    record.fill(0)
    expect([...opened]).toEqual([...bytes(5000)])
  })

  it('refuse what was altered, cut, swapped or sent twice', () => {
    const sealer = ciphers.createSealer(KEY)
    const [one, two] = [seal(sealer, [bytes(100)]), seal(sealer, [bytes(50)])]
    for (const at of [0, 50, 99, 100, 115]) {
      const altered = one.slice()
      altered[at] = (altered[at] ?? 0) ^ 1
      expect(codeOf(() => ciphers.createOpener(KEY).open(altered))).toBe('NOT_AUTHENTIC')
    }
    for (const length of [0, 15, 16, 115]) {
      const cut = one.subarray(0, length)
      expect(codeOf(() => ciphers.createOpener(KEY).open(cut))).toBe('NOT_AUTHENTIC')
    }
    expect(codeOf(() => ciphers.createOpener(KEY).open(two))).toBe('NOT_AUTHENTIC')
    const opener = ciphers.createOpener(KEY)
    opener.open(one)
    expect(codeOf(() => opener.open(one))).toBe('NOT_AUTHENTIC')
    const stranger = ciphers.createOpener(new Uint8Array(32))
    expect(codeOf(() => stranger.open(one))).toBe('NOT_AUTHENTIC')
  })

  it('open nothing more after a record that was refused, though it be authentic', () => {
    const sealer = ciphers.createSealer(KEY)
    const [one, two] = [seal(sealer, [bytes(100)]), seal(sealer, [bytes(50)])]
    for (const refused of [one.subarray(0, 15), one.subarray(1), bytes(0)]) {
      // whichever of the two would be the next in number
      for (const record of [one, two]) {
        const opener = ciphers.createOpener(KEY)
        expect(codeOf(() => opener.open(refused))).toBe('NOT_AUTHENTIC')
        expect(codeOf(() => opener.open(record))).toBe('NOT_AUTHENTIC')
      }
    }
  })

  it.each([Number.NaN, -1, 0.5, Infinity])('want a first number that is one, not %d', (first) => {
    // NaN + 1 is NaN: every record would have the same nonce
    expect(codeOf(() => ciphers.createSealer(KEY, first))).toBe('BAD_NUMBER')
    expect(codeOf(() => ciphers.createOpener(KEY, first))).toBe('BAD_NUMBER')
  })

  it('never number two records the same', () => {
    const sealer = ciphers.createSealer(KEY, Number.MAX_SAFE_INTEGER - 1)
    seal(sealer, [bytes(3)])
    expect(codeOf(() => seal(sealer, [bytes(3)]))).toBe('KEY_EXHAUSTED')
    const opener = ciphers.createOpener(KEY, Number.MAX_SAFE_INTEGER)
    for (let again = 0; again < 2; again++) {
      expect(codeOf(() => opener.open(bytes(20)))).toBe('KEY_EXHAUSTED')
    }
  })

  it('keep their key when its memory is used for something else', () => {
    const key = KEY.slice()
    const [sealer, opener] = [ciphers.createSealer(key), ciphers.createOpener(key)]
    key.fill(0)
    const record = seal(sealer, [bytes(100)])
    expect(record).toEqual(seal(PORTABLE.createSealer(KEY), [bytes(100)]))
    expect([...opener.open(record)]).toEqual([...bytes(100)])
  })

  it('want keys of 32 bytes', () => {
    expect(codeOf(() => ciphers.createSealer(new Uint8Array(31)))).toBe('BAD_LENGTH')
    expect(codeOf(() => ciphers.createOpener(new Uint8Array(33)))).toBe('BAD_LENGTH')
  })
})
