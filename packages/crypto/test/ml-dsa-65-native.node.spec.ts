import { describe, expect, it } from 'vitest'
import { createMlDsa65 } from '../src/index.ts'

describe('ML-DSA-65 by OpenSSL', () => {
  const native = createMlDsa65({ implementation: 'native' })
  const portable = createMlDsa65({ implementation: 'portable' })
  const seed = new Uint8Array(32).fill(5)
  const [message, context] = [new Uint8Array(100).fill(1), new Uint8Array(255).fill(2)]

  it('is what is taken here', () => {
    expect(createMlDsa65().implementation).toBe('native')
  })

  it('knows what the portable one signs, and the other way round', () => {
    const [ours, theirs] = [native.importKeyPair(seed), portable.importKeyPair(seed)]
    expect(new Uint8Array(ours.publicKey)).toEqual(new Uint8Array(theirs.publicKey))
    for (const signer of [ours, theirs]) {
      const signature = signer.sign(message, context)
      for (const scheme of [native, portable]) {
        expect(scheme.verify(ours.publicKey, message, context, signature)).toBe(true)
        expect(scheme.verify(ours.publicKey, message, context.subarray(1), signature)).toBe(false)
        expect(scheme.verify(ours.publicKey, message.subarray(1), context, signature)).toBe(false)
      }
    }
  })

  it('takes nothing else for a signature', () => {
    const { publicKey, sign } = native.importKeyPair(seed)
    const signature = sign(message, context)
    for (const [badKey, badSignature] of [
      [publicKey.subarray(1), signature],
      [publicKey.map((byte) => byte ^ 255), signature],
      [publicKey, signature.subarray(1)],
      [publicKey, signature.map((byte) => byte ^ 255)],
      [publicKey, new Uint8Array()]
    ] as const) {
      expect(native.verify(badKey, message, context, badSignature)).toBe(false)
    }
    expect(() => native.importKeyPair(new Uint8Array(31))).toThrow(
      expect.objectContaining({ code: 'BAD_LENGTH' })
    )
  })
})
