import { AEAD_KEY_LENGTH, AEAD_NONCE_LENGTH } from '../constants.ts'
import { checkLength } from '../errors.ts'

/**
 * Whether they are of ChaCha20-Poly1305, which each implementation would say otherwise.
 *
 * @throws CryptoError `BAD_LENGTH`
 */
export function checkKeyAndNonce(key: Uint8Array, nonce: Uint8Array): void {
  checkLength('a key', key, AEAD_KEY_LENGTH)
  checkLength('a nonce', nonce, AEAD_NONCE_LENGTH)
}
