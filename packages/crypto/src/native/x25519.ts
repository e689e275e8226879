import { X25519_KEY_LENGTH } from '../constants.ts'
import { badPublicKey, checkLength } from '../errors.ts'
import { fromHex } from '../hex.ts'
import type { KeyAgreement, KeyPair } from '../primitives.ts'
import type { RandomBytes } from '../random-bytes.ts'
import { der, has, type KeyObject, nodeCrypto, publicBytes } from './node-crypto.ts'

/** What PKCS #8 and SPKI have in front of a key of X25519: RFC 8410. */
const PKCS8 = fromHex('302e020100300506032b656e04220420')
const SPKI = fromHex('302a300506032b656e032100')

/**
 * X25519 by OpenSSL, or `undefined` where there is none.
 *
 * Keys stay what OpenSSL made of them: to take one in costs as much as to agree.
 *
 * @param random for secret keys; OpenSSL's own by default, which is twice as fast
 */
export function nativeX25519(random?: RandomBytes): KeyAgreement | undefined {
  const crypto = nodeCrypto()
  if (!has(crypto, 'createPrivateKey', 'createPublicKey', 'diffieHellman', 'generateKeyPairSync')) {
    return undefined
  }
  const keyPair = (privateKey: KeyObject, publicKey: KeyObject): KeyPair => ({
    publicKey: publicBytes(publicKey, SPKI),
    agree(remote) {
      checkLength('a public key of X25519', remote, X25519_KEY_LENGTH)
      try {
        const remoteKey = crypto.createPublicKey(der(SPKI, remote, 'spki'))
        return crypto.diffieHellman({ privateKey, publicKey: remoteKey })
      } catch (cause) {
        throw badPublicKey('X25519', cause)
      }
    }
  })
  const importKeyPair = (secretKey: Uint8Array): KeyPair => {
    checkLength('a secret key of X25519', secretKey, X25519_KEY_LENGTH)
    const privateKey = crypto.createPrivateKey(der(PKCS8, secretKey, 'pkcs8'))
    return keyPair(privateKey, crypto.createPublicKey(privateKey))
  }
  return {
    implementation: 'native',
    createKeyPair() {
      if (random !== undefined) return importKeyPair(random(X25519_KEY_LENGTH))
      const { privateKey, publicKey } = crypto.generateKeyPairSync('x25519')
      return keyPair(privateKey, publicKey)
    },
    importKeyPair
  }
}
