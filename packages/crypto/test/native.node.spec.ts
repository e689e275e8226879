import { expect, it } from 'vitest'

import { createPrimitives } from '../src/index.ts'
import { nativeMlKem768 } from '../src/native/ml-kem-768.ts'
import { answersOfNativeMlKem768 } from '../src/self-test.ts'

it('takes everything from Node where it is there', () => {
  const { x25519, mlKem768, chaCha20Poly1305 } = createPrimitives({ implementation: 'native' })
  expect([x25519, mlKem768, chaCha20Poly1305].map(({ implementation }) => implementation)).toEqual([
    'native',
    'native',
    'native'
  ])
})

it('finds out that a native ML-KEM computes wrong', () => {
  const kem = nativeMlKem768()!
  expect(answersOfNativeMlKem768(kem, createPrimitives())).toBe(true)
  const wrong = {
    ...kem,
    encapsulate: (publicKey: Uint8Array) => {
      const { ciphertext, sharedSecret } = kem.encapsulate(publicKey)
      return { ciphertext, sharedSecret: sharedSecret.toReversed() }
    }
  }
  expect(answersOfNativeMlKem768(wrong, createPrimitives())).toBe(false)
})

it('finds out that a native ML-KEM decapsulates in a way of its own', () => {
  const kem = nativeMlKem768()!
  const wrong = {
    ...kem,
    importKeyPair: (seed: Uint8Array) => {
      const keyPair = kem.importKeyPair(seed)
      return {
        ...keyPair,
        decapsulate: (ciphertext: Uint8Array) => keyPair.decapsulate(ciphertext).toReversed()
      }
    },
    encapsulate: (publicKey: Uint8Array) => {
      const { ciphertext, sharedSecret } = kem.encapsulate(publicKey)
      return { ciphertext, sharedSecret: sharedSecret.toReversed() }
    }
  }
  expect(answersOfNativeMlKem768(wrong, createPrimitives())).toBe(false)
})
