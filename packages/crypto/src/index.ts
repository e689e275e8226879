/**
 * The cryptographic primitives of handshakes: X25519, ML-KEM-768, SHA-256, HKDF
 * and ChaCha20-Poly1305.
 *
 * {@link createPrimitives} takes the implementation of Node.js where there is
 * one, and noble's elsewhere; for ChaCha20-Poly1305 and ML-KEM-768 one of its own in
 * WebAssembly comes before noble's. Each is tested against published answers before its first
 * use, and all give the same bytes. There are no protocols here.
 *
 * @packageDocumentation
 */
export { createRecordCiphers } from './aead/create-record-ciphers.ts'
export type { RecordCiphersOptions } from './aead/create-record-ciphers.ts'
export type { RecordCiphers, RecordOpener, RecordSealer } from './aead/record-cipher.ts'
export {
  AEAD_KEY_LENGTH,
  AEAD_NONCE_LENGTH,
  AEAD_TAG_LENGTH,
  HASH_LENGTH,
  ML_KEM_768_CIPHERTEXT_LENGTH,
  ML_KEM_768_PUBLIC_KEY_LENGTH,
  SHARED_SECRET_LENGTH,
  X25519_KEY_LENGTH
} from './constants.ts'
export { createPrimitives } from './create-primitives.ts'
export type { PrimitivesOptions } from './create-primitives.ts'
export { CryptoError } from './errors.ts'
export type { CryptoErrorDetails } from './errors.ts'
export type {
  Aead,
  CipherImplementation,
  Encapsulation,
  Hashing,
  Implementation,
  Kem,
  KemKeyPair,
  KeyAgreement,
  KeyPair,
  Primitives
} from './primitives.ts'
export { systemRandomBytes } from './random-bytes.ts'
export type { RandomBytes } from './random-bytes.ts'
export {
  ML_DSA_65_MAX_CONTEXT_LENGTH,
  ML_DSA_65_PUBLIC_KEY_LENGTH,
  ML_DSA_65_SEED_LENGTH,
  ML_DSA_65_SIGNATURE_LENGTH
} from './signature/constants.ts'
export { createMlDsa65 } from './signature/create-ml-dsa-65.ts'
export type { MlDsa65Options } from './signature/create-ml-dsa-65.ts'
export type { MlDsa65, SigningKeyPair } from './signature/ml-dsa-65.ts'
