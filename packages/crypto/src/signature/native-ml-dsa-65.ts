import { checkAtMost, checkLength } from '../errors.ts'
import { fromHex } from '../hex.ts'
import { der, has, nodeCrypto, publicBytes } from '../native/node-crypto.ts'
import {
  ML_DSA_65_MAX_CONTEXT_LENGTH,
  ML_DSA_65_PUBLIC_KEY_LENGTH,
  ML_DSA_65_SEED_LENGTH,
  ML_DSA_65_SIGNATURE_LENGTH
} from './constants.ts'
import type { MlDsa65 } from './ml-dsa-65.ts'

/** What PKCS #8 has in front of a seed, and SPKI of a public key, of ML-DSA-65: RFC 9881. */
const PKCS8_SEED = fromHex('3034020100300b060960864801650304031204228020')
const SPKI = fromHex('308207b2300b0609608648016503040312038207a100')

/**
 * ML-DSA-65 by OpenSSL 3.5 in Node.js, or `undefined` where there is no such thing.
 * Versions that have it but know no context fail the self-test.
 */
export function nativeMlDsa65(): MlDsa65 | undefined {
  const crypto = nodeCrypto()
  if (!has(crypto, 'createPublicKey', 'createPrivateKey', 'sign', 'verify')) return undefined
  return {
    implementation: 'native',
    importKeyPair(seed) {
      checkLength('a seed of ML-DSA-65', seed, ML_DSA_65_SEED_LENGTH)
      const key = crypto.createPrivateKey(der(PKCS8_SEED, seed, 'pkcs8'))
      return {
        publicKey: new Uint8Array(publicBytes(crypto.createPublicKey(key), SPKI)),
        sign(message, context) {
          checkAtMost('a context of ML-DSA-65', context, ML_DSA_65_MAX_CONTEXT_LENGTH)
          return new Uint8Array(crypto.sign(null, message, { key, context }))
        }
      }
    },
    verify(publicKey, message, context, signature) {
      if (publicKey.length !== ML_DSA_65_PUBLIC_KEY_LENGTH) return false
      if (signature.length !== ML_DSA_65_SIGNATURE_LENGTH) return false
      if (context.length > ML_DSA_65_MAX_CONTEXT_LENGTH) return false
      const key = crypto.createPublicKey(der(SPKI, publicKey, 'spki'))
      return crypto.verify(null, message, { key, context }, signature)
    }
  }
}
