import { x25519 } from '@noble/curves/ed25519.js'

import { X25519_KEY_LENGTH } from '../constants.ts'
import { badPublicKey, checkLength } from '../errors.ts'
import type { KeyAgreement, KeyPair } from '../primitives.ts'
import type { RandomBytes } from '../random-bytes.ts'

/** X25519 in JavaScript. */
export function portableX25519(random: RandomBytes): KeyAgreement {
  const importKeyPair = (bytes: Uint8Array): KeyPair => {
    checkLength('a secret key of X25519', bytes, X25519_KEY_LENGTH)
    // a copy, which `slice` of a Buffer would not be
    const secretKey = new Uint8Array(bytes)
    return {
      publicKey: x25519.getPublicKey(secretKey),
      agree(remote) {
        checkLength('a public key of X25519', remote, X25519_KEY_LENGTH)
        try {
          return x25519.getSharedSecret(secretKey, remote)
        } catch (cause) {
          throw badPublicKey('X25519', cause)
        }
      }
    }
  }
  return {
    implementation: 'portable',
    createKeyPair: () => importKeyPair(random(X25519_KEY_LENGTH)),
    importKeyPair
  }
}
