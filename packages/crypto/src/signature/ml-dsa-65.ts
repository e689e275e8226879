import type { Implementation } from '../primitives.ts'

/** A key pair that signs; its secret key stays inside. */
export interface SigningKeyPair {
  /** 1952 bytes. */
  readonly publicKey: Uint8Array
  /**
   * Signs a message: 3309 bytes, other ones each time.
   *
   * @param context what the signature is for, at most 255 bytes: it is good in no
   * other
   * @throws CryptoError `BAD_LENGTH` of the context
   */
  sign(message: Uint8Array, context: Uint8Array): Uint8Array
}

/** Signatures by ML-DSA-65, which no quantum computer is known to forge: FIPS 204. */
export interface MlDsa65 {
  readonly implementation: Implementation
  /**
   * The key pair of a seed of 32 bytes.
   *
   * @throws CryptoError `BAD_LENGTH`
   */
  importKeyPair(seed: Uint8Array): SigningKeyPair
  /** Whether a signature is good; `false` for whatever is none. */
  verify(
    publicKey: Uint8Array,
    message: Uint8Array,
    context: Uint8Array,
    signature: Uint8Array
  ): boolean
}
