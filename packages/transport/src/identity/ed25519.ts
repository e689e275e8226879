import { createPrivateKey, sign } from 'node:crypto'
import type { Ed25519PrivateKey } from '@libp2p/interface'

/** Signs bytes with one Ed25519 key (RFC 8032). */
export type Ed25519Signing = (bytes: Uint8Array) => Promise<Uint8Array>

/** What comes before the seed in an Ed25519 private key in PKCS #8 (RFC 8410, section 7). */
const PKCS8_PREFIX = Buffer.from('302e020100300506032b657004220420', 'hex')

/** Length of the seed, in bytes; the public key follows it in libp2p's raw form. */
const SEED_LENGTH = 32

/**
 * Signs with a key that OpenSSL takes in once. libp2p hands it over anew for each
 * signature, which takes about twice as long as signing.
 */
export function ed25519Signing(privateKey: Ed25519PrivateKey): Ed25519Signing {
  const seed = privateKey.raw.subarray(0, SEED_LENGTH)
  const key = createPrivateKey({
    key: Buffer.concat([PKCS8_PREFIX, seed]),
    format: 'der',
    type: 'pkcs8'
  })
  return async (bytes) => new Uint8Array(sign(null, bytes, key))
}
