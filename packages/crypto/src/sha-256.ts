import type { Hasher } from '@daa-compute/interface'
import { sha256 } from '@noble/hashes/sha2.js'

/**
 * SHA-256 (FIPS 180-4) in plain JavaScript: runs everywhere, at a few hundred
 * MB/s. Where the platform has a native one, give that.
 */
export const sha256Hasher: Hasher = {
  name: 'sha-256',
  digestLength: 32,
  create() {
    const hash = sha256.create()
    return {
      update: (bytes) => void hash.update(bytes),
      digest: () => hash.digest()
    }
  }
}
