import { ML_KEM_768_CIPHERTEXT_LENGTH, ML_KEM_768_PUBLIC_KEY_LENGTH } from '../constants.ts'
import { badPublicKey, checkLength } from '../errors.ts'
import { fromHex } from '../hex.ts'
import type { Kem, KemKeyPair } from '../primitives.ts'
import { der, has, type KeyObject, nodeCrypto, publicBytes } from './node-crypto.ts'

/** What PKCS #8 has in front of a seed, and SPKI of a public key, of ML-KEM-768: RFC 9935. */
const PKCS8_SEED = fromHex('3054020100300b060960864801650304040204428040')
const SPKI = fromHex('308204b2300b0609608648016503040402038204a100')

/** ML-KEM-768 that can make a key pair of a seed, to be tested with known answers. */
export interface NativeKem extends Kem {
  /** @param seed `d` and `z`, 64 bytes */
  importKeyPair(seed: Uint8Array): KemKeyPair
}

/** ML-KEM-768 by OpenSSL 3.5 in Node.js from 24.7 on, or `undefined` where there is none. */
export function nativeMlKem768(): NativeKem | undefined {
  const crypto = nodeCrypto()
  if (!has(crypto, 'createPublicKey', 'createPrivateKey', 'generateKeyPairSync')) return undefined
  if (!has(crypto, 'encapsulate', 'decapsulate')) return undefined
  const { encapsulate, decapsulate } = crypto
  const keyPair = (privateKey: KeyObject, publicKey: KeyObject): KemKeyPair => ({
    publicKey: publicBytes(publicKey, SPKI),
    decapsulate(ciphertext) {
      checkLength('a ciphertext of ML-KEM-768', ciphertext, ML_KEM_768_CIPHERTEXT_LENGTH)
      return decapsulate(privateKey, ciphertext)
    }
  })
  return {
    implementation: 'native',
    createKeyPair() {
      const { privateKey, publicKey } = crypto.generateKeyPairSync('ml-kem-768')
      return keyPair(privateKey, publicKey)
    },
    importKeyPair(seed) {
      const privateKey = crypto.createPrivateKey(der(PKCS8_SEED, seed, 'pkcs8'))
      return keyPair(privateKey, crypto.createPublicKey(privateKey))
    },
    encapsulate(publicKey) {
      checkLength('a public key of ML-KEM-768', publicKey, ML_KEM_768_PUBLIC_KEY_LENGTH)
      try {
        const { ciphertext, sharedKey } = encapsulate(
          crypto.createPublicKey(der(SPKI, publicKey, 'spki'))
        )
        return { ciphertext, sharedSecret: sharedKey }
      } catch (cause) {
        throw badPublicKey('ML-KEM-768', cause)
      }
    }
  }
}
