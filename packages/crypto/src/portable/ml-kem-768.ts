import { ml_kem768 } from '@noble/post-quantum/ml-kem.js'

import {
  ENCAPSULATION_SEED_LENGTH,
  ML_KEM_768_CIPHERTEXT_LENGTH,
  ML_KEM_768_PUBLIC_KEY_LENGTH,
  ML_KEM_SEED_LENGTH
} from '../constants.ts'
import { badPublicKey, checkLength } from '../errors.ts'
import type { Kem } from '../primitives.ts'
import type { RandomBytes } from '../random-bytes.ts'

/** ML-KEM-768 in JavaScript. */
export function portableMlKem768(random: RandomBytes): Kem {
  return {
    implementation: 'portable',
    createKeyPair() {
      const { publicKey, secretKey } = ml_kem768.keygen(random(ML_KEM_SEED_LENGTH))
      return {
        publicKey,
        decapsulate(ciphertext) {
          checkLength('a ciphertext of ML-KEM-768', ciphertext, ML_KEM_768_CIPHERTEXT_LENGTH)
          return ml_kem768.decapsulate(ciphertext, secretKey)
        }
      }
    },
    encapsulate(publicKey) {
      checkLength('a public key of ML-KEM-768', publicKey, ML_KEM_768_PUBLIC_KEY_LENGTH)
      const seed = random(ENCAPSULATION_SEED_LENGTH)
      try {
        const { cipherText, sharedSecret } = ml_kem768.encapsulate(publicKey, seed)
        return { ciphertext: cipherText, sharedSecret }
      } catch (cause) {
        throw badPublicKey('ML-KEM-768', cause)
      }
    }
  }
}
