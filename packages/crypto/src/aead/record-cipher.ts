import type { CipherImplementation } from '../primitives.ts'

/**
 * One direction of a connection, at its sending end: records sealed with
 * ChaCha20-Poly1305 (RFC 8439) under one key, numbered from 0, without associated
 * data. The nonce is that of the Noise specification, section 12: four zero bytes
 * and the number in eight, little-endian.
 */
export interface RecordSealer {
  /**
   * Adds plaintext to the record, which begins with the first call after the last
   * record's end. The plaintext is the caller's again when this returns.
   *
   * @returns as much ciphertext as is ready, perhaps none; its memory is the caller's
   * @throws CryptoError `KEY_EXHAUSTED`
   */
  update(plaintext: Uint8Array): Uint8Array
  /**
   * Ends the record, which has no plaintext if nothing was added.
   *
   * @returns what ciphertext is left, and behind it the tag of 16 bytes
   * @throws CryptoError `KEY_EXHAUSTED`
   */
  finish(): Uint8Array
}

/** The receiving end of a {@link RecordSealer}. */
export interface RecordOpener {
  /**
   * The plaintext of the next record, ciphertext and tag of which are given. The
   * record is the caller's again when this returns, the plaintext's memory too.
   *
   * @throws CryptoError `NOT_AUTHENTIC`, after which nothing more can be opened;
   *   `KEY_EXHAUSTED`
   */
  open(record: Uint8Array): Uint8Array
}

/** Makes both, by one implementation. */
export interface RecordCiphers {
  readonly implementation: CipherImplementation
  /**
   * @param key 32 bytes, used by nobody else
   * @param first number of the first record; default 0
   * @throws CryptoError `BAD_LENGTH`; `BAD_NUMBER`
   */
  createSealer(key: Uint8Array, first?: number): RecordSealer
  /**
   * @param key 32 bytes
   * @param first number of the first record; default 0
   * @throws CryptoError `BAD_LENGTH`; `BAD_NUMBER`
   */
  createOpener(key: Uint8Array, first?: number): RecordOpener
}
