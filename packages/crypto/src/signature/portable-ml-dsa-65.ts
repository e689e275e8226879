import { ml_dsa65 } from '@noble/post-quantum/ml-dsa.js'
import { checkAtMost, checkLength } from '../errors.ts'
import {
  ML_DSA_65_MAX_CONTEXT_LENGTH,
  ML_DSA_65_PUBLIC_KEY_LENGTH,
  ML_DSA_65_SEED_LENGTH,
  ML_DSA_65_SIGNATURE_LENGTH
} from './constants.ts'
import type { MlDsa65 } from './ml-dsa-65.ts'

/** ML-DSA-65 in JavaScript. @param extraEntropy `false` for the same signature each time, in tests */
export function portableMlDsa65(extraEntropy?: false): MlDsa65 {
  return {
    implementation: 'portable',
    importKeyPair(seed) {
      checkLength('a seed of ML-DSA-65', seed, ML_DSA_65_SEED_LENGTH)
      const { publicKey, secretKey } = ml_dsa65.keygen(seed)
      const options = extraEntropy === undefined ? {} : { extraEntropy }
      return {
        publicKey,
        sign(message, context) {
          checkAtMost('a context of ML-DSA-65', context, ML_DSA_65_MAX_CONTEXT_LENGTH)
          return ml_dsa65.sign(message, secretKey, { context, ...options })
        }
      }
    },
    verify(publicKey, message, context, signature) {
      if (publicKey.length !== ML_DSA_65_PUBLIC_KEY_LENGTH) return false
      if (signature.length !== ML_DSA_65_SIGNATURE_LENGTH) return false
      if (context.length > ML_DSA_65_MAX_CONTEXT_LENGTH) return false
      return ml_dsa65.verify(signature, message, publicKey, { context })
    }
  }
}
