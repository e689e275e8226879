import { hkdf } from '@noble/hashes/hkdf.js'
import { sha256 } from '@noble/hashes/sha2.js'

import { HASH_LENGTH } from '../constants.ts'
import type { Hashing } from '../primitives.ts'

/** SHA-256 and HKDF in JavaScript. */
export function portableHashing(): Hashing {
  return {
    sha256(...parts) {
      const hash = sha256.create()
      for (const part of parts) hash.update(part)
      return hash.digest()
    },
    hkdf(salt, keyMaterial) {
      const keys = hkdf(sha256, keyMaterial, salt, undefined, 2 * HASH_LENGTH)
      return [keys.subarray(0, HASH_LENGTH), keys.subarray(HASH_LENGTH)]
    }
  }
}
