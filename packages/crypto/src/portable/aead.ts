import { chacha20poly1305 } from '@noble/ciphers/chacha.js'

import { checkKeyAndNonce } from '../aead/check-key-and-nonce.ts'
import { notAuthentic } from '../errors.ts'
import type { Aead } from '../primitives.ts'

/** ChaCha20-Poly1305 in JavaScript. */
export function portableAead(): Aead {
  return {
    implementation: 'portable',
    seal(key, nonce, associatedData, plaintext) {
      checkKeyAndNonce(key, nonce)
      return chacha20poly1305(key, nonce, associatedData).encrypt(plaintext)
    },
    open(key, nonce, associatedData, sealed) {
      checkKeyAndNonce(key, nonce)
      try {
        return chacha20poly1305(key, nonce, associatedData).decrypt(sealed)
      } catch (cause) {
        throw notAuthentic(cause)
      }
    }
  }
}
