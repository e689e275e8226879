/** A running hash. */
export interface Hash {
  /** Takes in more bytes; they are read before the call returns. */
  update(bytes: Uint8Array): void
  /** The digest of everything taken in. The hash cannot be used afterwards. */
  digest(): Uint8Array
}

/**
 * Makes running hashes of one cryptographic hash function. Synchronous, because
 * protocol code has to run in virtual time. All members of a run use the same.
 */
export interface Hasher {
  /** Name by which peers check that they use the same, for example `sha-256`. */
  readonly name: string
  /** Length of a digest, in bytes. */
  readonly digestLength: number
  create(): Hash
}
