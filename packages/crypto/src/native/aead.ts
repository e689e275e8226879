import { checkKeyAndNonce } from '../aead/check-key-and-nonce.ts'
import { AEAD_TAG_LENGTH } from '../constants.ts'
import { notAuthentic } from '../errors.ts'
import type { Aead } from '../primitives.ts'
import { has, nodeCrypto } from './node-crypto.ts'

const NAME = 'chacha20-poly1305'
const TAG_LENGTH = { authTagLength: AEAD_TAG_LENGTH }

/**
 * ChaCha20-Poly1305 by OpenSSL, or `undefined` where there is none. Through a key
 * object, even for one use: bytes as a key cost three times as much.
 */
export function nativeAead(): Aead | undefined {
  const crypto = nodeCrypto()
  if (!has(crypto, 'createCipheriv', 'createDecipheriv', 'createSecretKey')) return undefined
  return {
    implementation: 'native',
    seal(key, nonce, associatedData, plaintext) {
      checkKeyAndNonce(key, nonce)
      const cipher = crypto.createCipheriv(NAME, crypto.createSecretKey(key), nonce, TAG_LENGTH)
      cipher.setAAD(associatedData, { plaintextLength: plaintext.length })
      const sealed = new Uint8Array(plaintext.length + AEAD_TAG_LENGTH)
      sealed.set(cipher.update(plaintext))
      cipher.final()
      sealed.set(cipher.getAuthTag(), plaintext.length)
      return sealed
    },
    open(key, nonce, associatedData, sealed) {
      checkKeyAndNonce(key, nonce)
      const length = sealed.length - AEAD_TAG_LENGTH
      if (length < 0) throw notAuthentic()
      const decipher = crypto.createDecipheriv(NAME, crypto.createSecretKey(key), nonce, TAG_LENGTH)
      decipher.setAAD(associatedData, { plaintextLength: length })
      decipher.setAuthTag(sealed.subarray(length))
      const plaintext = decipher.update(sealed.subarray(0, length))
      try {
        decipher.final()
      } catch (cause) {
        throw notAuthentic(cause)
      }
      return plaintext
    }
  }
}
