/** Bytes of an X25519 secret key, public key and shared secret: RFC 7748, section 6.1. */
export const X25519_KEY_LENGTH = 32

/** Bytes of an ML-KEM-768 public (encapsulation) key: FIPS 203, table 3. */
export const ML_KEM_768_PUBLIC_KEY_LENGTH = 1184

/** Bytes of an ML-KEM-768 ciphertext: FIPS 203, table 3. */
export const ML_KEM_768_CIPHERTEXT_LENGTH = 1088

/** Bytes of the seed that an ML-KEM key pair derives from, `d` and `z`: FIPS 203, algorithm 19. */
export const ML_KEM_SEED_LENGTH = 64

/** Bytes of randomness in one encapsulation, `m`: FIPS 203, algorithm 20. */
export const ENCAPSULATION_SEED_LENGTH = 32

/** Bytes of the secret that a key encapsulation shares: FIPS 203, table 3. */
export const SHARED_SECRET_LENGTH = 32

/** Bytes of a SHA-256 digest: FIPS 180-4. */
export const HASH_LENGTH = 32

/** Bytes of a ChaCha20-Poly1305 key: RFC 8439, section 2.8. */
export const AEAD_KEY_LENGTH = 32

/** Bytes of a ChaCha20-Poly1305 nonce: RFC 8439, section 2.8. */
export const AEAD_NONCE_LENGTH = 12

/** Bytes that sealing adds, the Poly1305 tag: RFC 8439, section 2.8. */
export const AEAD_TAG_LENGTH = 16
