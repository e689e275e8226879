import { createMlDsa65, type MlDsa65Options, type SigningKeyPair } from '@daa-compute/crypto'
import type { PeerId, SignatureVerifier, Signer } from '@daa-compute/interface'
import { hkdf } from '@noble/hashes/hkdf.js'
import { sha256 } from '@noble/hashes/sha2.js'
import { checkAmount } from '../limits/check-amount.ts'
import {
  decodeHybrid,
  ed25519Statement,
  encodeHybrid,
  ML_DSA_CONTEXT,
  mlDsaStatement
} from './hybrid-signature.ts'
import { createSignatureVerifier, type Identity, SEED_LENGTH } from './identity.ts'

/** A signer whose signatures hold as long as one of two algorithms does. */
export interface HybridSigner extends Signer {
  /** The peer's key of ML-DSA-65, 1952 bytes: always the same for one identity. */
  readonly mlDsaKey: Uint8Array
}

/** Options of {@link createHybridSignatureVerifier}. */
export interface HybridVerifierOptions extends MlDsa65Options {
  /** Keys of ML-DSA-65 that are known from elsewhere, by peer. Default: none */
  readonly keys?: Iterable<readonly [PeerId, Uint8Array]> | undefined
  /** Keys to remember besides, of peers that were seen. Default 1024 */
  readonly maxRemembered?: number | undefined
}

/** Of what the seed of ML-DSA-65 is derived, besides that of Ed25519. */
const DERIVATION = new TextEncoder().encode('daa ml-dsa-65 key of an ed25519 identity 1')

const DEFAULT_MAX_REMEMBERED = 1024

/**
 * Signs with Ed25519 and ML-DSA-65 at once: 5326 bytes.
 *
 * The seed of the second key comes of that of the first by HKDF-SHA-256 (RFC 5869), so
 * that an identity needs no more to be stored. Even who computes the private scalar of
 * Ed25519 from the peer id does not get the seed, of which it is a hash.
 *
 * @throws {CryptoError} `SELF_TEST_FAILED`, `UNAVAILABLE`
 */
export function createHybridSigner(
  { peer, privateKey, signer }: Identity,
  options?: MlDsa65Options
): HybridSigner {
  const seed = privateKey.raw.subarray(0, SEED_LENGTH)
  const derived = hkdf(sha256, seed, undefined, DERIVATION, SEED_LENGTH)
  const pair: SigningKeyPair = createMlDsa65(options).importKeyPair(derived)
  const mlDsaKey = pair.publicKey
  return {
    peer,
    mlDsaKey,
    async sign(message) {
      const ed25519 = await signer.sign(ed25519Statement(mlDsaKey, message))
      const mlDsa = pair.sign(mlDsaStatement(peer, message), ML_DSA_CONTEXT)
      return encodeHybrid({ mlDsaKey, ed25519, mlDsa })
    }
  }
}

/**
 * Checks hybrid signatures, and nothing else: both have to be good, and the key of
 * ML-DSA-65 has to be signed by the key behind the peer id.
 *
 * A peer's key of ML-DSA-65 is remembered when it is first seen, or known from
 * `keys`, and no other is taken from then on. So who can forge Ed25519 one day cannot
 * speak for a peer that was met before.
 *
 * @throws {CryptoError} `SELF_TEST_FAILED`, `UNAVAILABLE`
 * @throws {LimitsError} `BAD_LIMIT` for a number to remember that is not above 0
 */
export function createHybridSignatureVerifier(
  options: HybridVerifierOptions = {}
): SignatureVerifier {
  const mlDsa = createMlDsa65(options)
  const ed25519 = createSignatureVerifier()
  const { keys = [] } = options
  const maxRemembered = checkAmount(
    'maxRemembered',
    options.maxRemembered ?? DEFAULT_MAX_REMEMBERED
  )
  const known = new Map<PeerId, string>()
  for (const [peer, key] of keys) known.set(peer, digestOf(key))
  const remembered = new Map<PeerId, string>()

  const remember = (peer: PeerId, digest: string): void => {
    if (known.has(peer)) return
    // the one not seen for longest goes first
    remembered.delete(peer)
    remembered.set(peer, digest)
    const [oldest] = remembered.keys()
    if (remembered.size > maxRemembered && oldest !== undefined) remembered.delete(oldest)
  }

  return {
    async verify(peer, message, signature) {
      const parts = decodeHybrid(signature)
      if (parts === undefined) return false
      const digest = digestOf(parts.mlDsaKey)
      const expected = (): string => known.get(peer) ?? remembered.get(peer) ?? digest
      if (expected() !== digest) return false
      const statement = ed25519Statement(parts.mlDsaKey, message)
      if (!(await ed25519.verify(peer, statement, parts.ed25519))) return false
      const signed = mlDsaStatement(peer, message)
      if (!mlDsa.verify(parts.mlDsaKey, signed, ML_DSA_CONTEXT, parts.mlDsa)) return false
      // another one may have been remembered meanwhile
      if (expected() !== digest) return false
      remember(peer, digest)
      return true
    }
  }
}

function digestOf(key: Uint8Array): string {
  return sha256(key).join()
}
