import { BINARY } from './binary.ts'
import { SLACK_LENGTH, TEXT, TILE_LENGTH } from './constants.ts'
import { instantiate } from './instantiate.ts'

/**
 * What assembly/index.ts exports. Pointers are into the memory of the instance,
 * lengths are in bytes; nothing is checked.
 */
export interface Exports {
  readonly BLOCKS: WebAssembly.Global
  readonly KEY: WebAssembly.Global
  readonly NONCE: WebAssembly.Global
  readonly TAG: WebAssembly.Global
  readonly CLAIMED_TAG: WebAssembly.Global
  /** Takes key and nonce; `skipped` zero blocks are in front of what is absorbed first. */
  begin(skipped: number): void
  /** Takes a key of Poly1305 alone, which was written to `BLOCKS`. */
  setAuthenticator(skipped: number): void
  /** Lays the key stream over text; overwrites up to a multiple of 256 bytes. */
  crypt(text: number, length: number): void
  /** Takes in what the tag is to cover; a multiple of 64 bytes. */
  absorb(from: number, length: number): void
  /** Writes the tag. */
  finish(): void
  /** Whether the tag that came is the one that was written; in constant time. */
  isAuthentic(): number
  /** Forgets key, nonce, tags and all that derives from them. */
  wipe(): void
}

/** The cipher with its memory, which never grows. */
export interface Engine {
  readonly exports: Exports
  readonly bytes: Uint8Array<ArrayBuffer>
  readonly key: Uint8Array<ArrayBuffer>
  readonly nonce: Uint8Array<ArrayBuffer>
  readonly tag: Uint8Array<ArrayBuffer>
  readonly claimedTag: Uint8Array<ArrayBuffer>
}

/**
 * Compiles the cipher, which takes a few milliseconds.
 *
 * @returns `undefined` where the platform lacks WebAssembly or its SIMD, or forbids
 *   them, or has no memory for it
 */
export function createEngine(): Engine | undefined {
  const made = instantiate<Exports>(BINARY, TEXT + TILE_LENGTH + SLACK_LENGTH)
  if (made === undefined) return undefined
  const { exports, bytes, part } = made
  return {
    exports,
    bytes,
    key: part(exports.KEY, 32),
    nonce: part(exports.NONCE, 12),
    tag: part(exports.TAG, 16),
    claimedTag: part(exports.CLAIMED_TAG, 16)
  }
}
