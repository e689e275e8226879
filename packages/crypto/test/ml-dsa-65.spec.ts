import { describe, expect, it } from 'vitest'
import {
  createMlDsa65,
  ML_DSA_65_PUBLIC_KEY_LENGTH,
  ML_DSA_65_SIGNATURE_LENGTH
} from '../src/index.ts'

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text)
const seed = Uint8Array.from({ length: 32 }, (_, i) => i)
const [message, context] = [bytes('a record'), bytes('records')]

describe('ML-DSA-65', () => {
  const scheme = createMlDsa65({ implementation: 'portable' })

  it('has the key of the examples of RFC 9881', async () => {
    const { publicKey } = scheme.importKeyPair(seed)
    expect(publicKey).toHaveLength(ML_DSA_65_PUBLIC_KEY_LENGTH)
    const digest = new Uint8Array(await crypto.subtle.digest('SHA-256', publicKey.slice()))
    expect(Array.from(digest, (byte) => byte.toString(16).padStart(2, '0')).join('')).toBe(
      'd666806e11cee19a7c989f7445f90dd419cf4d2d51db8c0fdb4c0f0a542238c9'
    )
  })

  it('signs differently each time, and knows each', () => {
    const pair = scheme.importKeyPair(seed)
    const [first, second] = [pair.sign(message, context), pair.sign(message, context)]
    expect(first).toHaveLength(ML_DSA_65_SIGNATURE_LENGTH)
    expect(first).not.toEqual(second)
    for (const signature of [first, second]) {
      expect(scheme.verify(pair.publicKey, message, context, signature)).toBe(true)
    }
  })

  it('takes nothing else for a signature', () => {
    const pair = scheme.importKeyPair(seed)
    const signature = pair.sign(message, context)
    const flipped = (array: Uint8Array, at: number): Uint8Array =>
      array.map((byte, i) => (i === at ? byte ^ 1 : byte))
    const other = scheme.importKeyPair(new Uint8Array(32))
    const { publicKey } = pair
    const all: readonly [Uint8Array, Uint8Array, Uint8Array, Uint8Array][] = [
      [other.publicKey, message, context, signature],
      [flipped(publicKey, 40), message, context, signature],
      [publicKey.subarray(1), message, context, signature],
      [new Uint8Array(), message, context, signature],
      [publicKey, bytes('another record'), context, signature],
      [publicKey, message, bytes('other things'), signature],
      [publicKey, message, new Uint8Array(), signature],
      [publicKey, message, new Uint8Array(256), signature],
      [publicKey, message, context, flipped(signature, 0)],
      [publicKey, message, context, flipped(signature, 3308)],
      [publicKey, message, context, signature.subarray(0, -1)],
      [publicKey, message, context, new Uint8Array(ML_DSA_65_SIGNATURE_LENGTH).fill(255)],
      [publicKey, message, context, new Uint8Array()]
    ]
    expect(all.map((parts) => scheme.verify(...parts))).toEqual(all.map(() => false))
  })

  it('signs for contexts of up to 255 bytes, by any implementation', () => {
    for (const each of [scheme, createMlDsa65()]) {
      const pair = each.importKeyPair(seed)
      const longest = new Uint8Array(255)
      const signature = pair.sign(message, longest)
      expect(scheme.verify(pair.publicKey, message, longest, signature)).toBe(true)
      expect(() => pair.sign(message, new Uint8Array(256))).toThrow(
        expect.objectContaining({ name: 'CryptoError', code: 'BAD_LENGTH' })
      )
    }
  })

  it('refuses seeds of another length', () => {
    for (const length of [0, 31, 33]) {
      expect(() => scheme.importKeyPair(new Uint8Array(length))).toThrow(
        expect.objectContaining({ name: 'CryptoError', code: 'BAD_LENGTH' })
      )
    }
  })
})
