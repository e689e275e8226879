import { AEAD_NONCE_LENGTH, HASH_LENGTH, type Primitives } from '@daa-compute/crypto'

type Ciphers = Pick<Primitives, 'sha256' | 'hkdf' | 'chaCha20Poly1305'>

/**
 * Chaining key, hash and cipher of a handshake: `SymmetricState`, with its
 * `CipherState`, of the Noise specification, sections 5.1 and 5.2.
 */
export class SymmetricState {
  readonly #crypto: Ciphers
  #hash: Uint8Array
  #chainingKey: Uint8Array
  #key: Uint8Array | undefined
  #nonce = 0

  constructor(crypto: Ciphers, protocolName: string) {
    this.#crypto = crypto
    const name = new TextEncoder().encode(protocolName)
    if (name.length <= HASH_LENGTH) {
      this.#hash = new Uint8Array(HASH_LENGTH)
      this.#hash.set(name)
    } else {
      this.#hash = crypto.sha256(name)
    }
    this.#chainingKey = this.#hash
  }

  get hash(): Uint8Array {
    return this.#hash
  }

  /** Whether what is hashed is encrypted by now, too. */
  get hasKey(): boolean {
    return this.#key !== undefined
  }

  mixHash(bytes: Uint8Array): void {
    this.#hash = this.#crypto.sha256(this.#hash, bytes)
  }

  mixKey(secret: Uint8Array): void {
    ;[this.#chainingKey, this.#key] = this.#crypto.hkdf(this.#chainingKey, secret)
    this.#nonce = 0
  }

  encryptAndHash(plaintext: Uint8Array): Uint8Array {
    const ciphertext =
      this.#key === undefined
        ? plaintext
        : this.#crypto.chaCha20Poly1305.seal(this.#key, this.#nextNonce(), this.#hash, plaintext)
    this.mixHash(ciphertext)
    return ciphertext
  }

  /** @throws CryptoError `NOT_AUTHENTIC` */
  decryptAndHash(ciphertext: Uint8Array): Uint8Array {
    const plaintext =
      this.#key === undefined
        ? ciphertext
        : this.#crypto.chaCha20Poly1305.open(this.#key, this.#nextNonce(), this.#hash, ciphertext)
    this.mixHash(ciphertext)
    return plaintext
  }

  /** The keys of the records: what the initiator sends, and what the responder sends. */
  split(): readonly [Uint8Array, Uint8Array] {
    return this.#crypto.hkdf(this.#chainingKey, new Uint8Array())
  }

  /** 32 bits of zeros and the number in 64 bits, little-endian: section 12.3. */
  #nextNonce(): Uint8Array {
    const nonce = new Uint8Array(AEAD_NONCE_LENGTH)
    new DataView(nonce.buffer).setUint32(4, this.#nonce++, true)
    return nonce
  }
}
