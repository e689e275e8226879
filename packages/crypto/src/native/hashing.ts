import { HASH_LENGTH } from '../constants.ts'
import type { Hashing } from '../primitives.ts'
import { has, nodeCrypto } from './node-crypto.ts'

/** SHA-256 and HKDF by OpenSSL, or `undefined` where there is none. */
export function nativeHashing(): Hashing | undefined {
  const crypto = nodeCrypto()
  if (!has(crypto, 'createHash', 'hkdfSync')) return undefined
  return {
    sha256(...parts) {
      const hash = crypto.createHash('sha256')
      for (const part of parts) hash.update(part)
      return hash.digest()
    },
    hkdf(salt, keyMaterial) {
      const keys = crypto.hkdfSync('sha256', keyMaterial, salt, '', 2 * HASH_LENGTH)
      return [new Uint8Array(keys, 0, HASH_LENGTH), new Uint8Array(keys, HASH_LENGTH)]
    }
  }
}
