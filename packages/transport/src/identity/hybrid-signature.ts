import { createReader, createWriter } from '@daa-compute/wire'
import { ML_DSA_65_PUBLIC_KEY_LENGTH, ML_DSA_65_SIGNATURE_LENGTH } from '@daa-compute/crypto'
import type { PeerId } from '@daa-compute/interface'

/**
 * The parts of a hybrid signature, one behind the other: version (1 byte), public key
 * of ML-DSA-65 (1952), signature by Ed25519 (64), signature by ML-DSA-65 (3309).
 */
export interface HybridSignature {
  readonly mlDsaKey: Uint8Array
  readonly ed25519: Uint8Array
  readonly mlDsa: Uint8Array
}

const VERSION = 1
const ED25519_LENGTH = 64

/** What both signatures are for, and no others: it is in front of what they are over, or their context. */
const DOMAIN = 'daa hybrid signature 1'

/** The same as the context of ML-DSA: FIPS 204, section 5.2. */
export const ML_DSA_CONTEXT: Uint8Array = new TextEncoder().encode(DOMAIN)

/** How long every hybrid signature is, in bytes. */
export const HYBRID_SIGNATURE_LENGTH: number =
  1 + ML_DSA_65_PUBLIC_KEY_LENGTH + ED25519_LENGTH + ML_DSA_65_SIGNATURE_LENGTH

/**
 * What Ed25519 signs: the message and the key of ML-DSA-65. Whoever has the private
 * key behind the peer id says with it that this is the peer's other key.
 */
export function ed25519Statement(mlDsaKey: Uint8Array, message: Uint8Array): Uint8Array {
  return createWriter(256 + mlDsaKey.length + message.length)
    .text(DOMAIN)
    .prefixed(mlDsaKey)
    .prefixed(message)
    .finish()
}

/** What ML-DSA-65 signs: the message and who says it. */
export function mlDsaStatement(peer: PeerId, message: Uint8Array): Uint8Array {
  return createWriter(256 + message.length)
    .text(peer)
    .prefixed(message)
    .finish()
}

export function encodeHybrid({ mlDsaKey, ed25519, mlDsa }: HybridSignature): Uint8Array {
  return createWriter(HYBRID_SIGNATURE_LENGTH)
    .uint8(VERSION)
    .bytes(mlDsaKey)
    .bytes(ed25519)
    .bytes(mlDsa)
    .finish()
}

/** The parts of a signature, if it has the length and version of one. */
export function decodeHybrid(signature: Uint8Array): HybridSignature | undefined {
  if (signature.length !== HYBRID_SIGNATURE_LENGTH) return undefined
  const reader = createReader(signature)
  if (reader.uint8() !== VERSION) return undefined
  return {
    mlDsaKey: reader.bytes(ML_DSA_65_PUBLIC_KEY_LENGTH),
    ed25519: reader.bytes(ED25519_LENGTH),
    mlDsa: reader.bytes(ML_DSA_65_SIGNATURE_LENGTH)
  }
}
