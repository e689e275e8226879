/** Who computes: OpenSSL within Node.js, or JavaScript. */
export type Implementation = 'native' | 'portable'

/** The same for ChaCha20-Poly1305 and ML-KEM-768, which there are in WebAssembly, too. */
export type CipherImplementation = Implementation | 'wasm'

/** A key pair of X25519; its secret key stays inside. */
export interface KeyPair {
  /** 32 bytes. */
  readonly publicKey: Uint8Array
  /**
   * The secret shared with the owner of another public key, 32 bytes: RFC 7748,
   * section 6.1.
   *
   * @throws CryptoError `BAD_LENGTH`; `BAD_PUBLIC_KEY` for a key of low order,
   *   which would give zeros whatever the secret is
   */
  agree(publicKey: Uint8Array): Uint8Array
}

/** Diffie-Hellman over Curve25519: RFC 7748. */
export interface KeyAgreement {
  readonly implementation: Implementation
  /** A new key pair. */
  createKeyPair(): KeyPair
  /**
   * The key pair of a secret of 32 bytes.
   *
   * @throws CryptoError `BAD_LENGTH`
   */
  importKeyPair(secretKey: Uint8Array): KeyPair
}

/** A key pair of ML-KEM-768; its secret key stays inside. */
export interface KemKeyPair {
  /** 1,184 bytes. */
  readonly publicKey: Uint8Array
  /**
   * The secret of 32 bytes that a ciphertext of 1,088 bytes carries. A ciphertext
   * that was tampered with gives another, unpredictable secret, not an error.
   *
   * @throws CryptoError `BAD_LENGTH`
   */
  decapsulate(ciphertext: Uint8Array): Uint8Array
}

/** A fresh secret, and the ciphertext that carries it to the owner of a public key. */
export interface Encapsulation {
  /** 1,088 bytes. */
  readonly ciphertext: Uint8Array
  /** 32 bytes. */
  readonly sharedSecret: Uint8Array
}

/** The key encapsulation ML-KEM-768: FIPS 203. */
export interface Kem {
  readonly implementation: CipherImplementation
  /** A new key pair. */
  createKeyPair(): KemKeyPair
  /** @throws CryptoError `BAD_LENGTH`; `BAD_PUBLIC_KEY` when a coefficient is not reduced */
  encapsulate(publicKey: Uint8Array): Encapsulation
}

/**
 * ChaCha20-Poly1305 (RFC 8439) for single messages, such as those of handshakes:
 * keys are not kept between calls.
 */
export interface Aead {
  readonly implementation: CipherImplementation
  /**
   * Ciphertext and, behind it, the tag of 16 bytes.
   *
   * @param key 32 bytes
   * @param nonce 12 bytes, never the same again with this key
   * @throws CryptoError `BAD_LENGTH`
   */
  seal(
    key: Uint8Array,
    nonce: Uint8Array,
    associatedData: Uint8Array,
    plaintext: Uint8Array
  ): Uint8Array
  /**
   * The plaintext, once its tag was verified.
   *
   * @throws CryptoError `NOT_AUTHENTIC`; `BAD_LENGTH` of key or nonce
   */
  open(
    key: Uint8Array,
    nonce: Uint8Array,
    associatedData: Uint8Array,
    sealed: Uint8Array
  ): Uint8Array
}

/** Hash functions. */
export interface Hashing {
  /** SHA-256 (FIPS 180-4) of parts laid end to end. */
  sha256(...parts: readonly Uint8Array[]): Uint8Array
  /**
   * Two keys of 32 bytes by HKDF with SHA-256 (RFC 5869), `info` being empty: the
   * HKDF of the Noise specification, section 4.3.
   */
  hkdf(salt: Uint8Array, keyMaterial: Uint8Array): readonly [Uint8Array, Uint8Array]
}

/** What a handshake computes with. */
export interface Primitives extends Hashing {
  readonly x25519: KeyAgreement
  readonly mlKem768: Kem
  readonly chaCha20Poly1305: Aead
}
