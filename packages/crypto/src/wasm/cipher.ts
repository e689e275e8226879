import { checkKeyAndNonce } from '../aead/check-key-and-nonce.ts'
import { AEAD_TAG_LENGTH } from '../constants.ts'
import { notAuthentic } from '../errors.ts'
import { BLOCK_LENGTH, GROUP_LENGTH, TEXT, TILE_LENGTH } from './constants.ts'
import type { Engine } from './engine.ts'

/**
 * ChaCha20-Poly1305 in WebAssembly: RFC 8439, section 2.8.
 *
 * Text is copied in and out, a tile at a time. Key, nonce and what derives from them
 * are wiped when a call returns or throws; of the text what was copied in last stays.
 */
export interface Cipher {
  /**
   * Ciphertext and, behind it, the tag of 16 bytes, in memory of its own.
   *
   * @throws CryptoError `BAD_LENGTH`
   */
  seal(key: Uint8Array, nonce: Uint8Array, data: Uint8Array, plaintext: Uint8Array): Uint8Array
  /**
   * The plaintext, in memory of its own. Nothing is decrypted before the tag is
   * verified.
   *
   * @throws CryptoError `NOT_AUTHENTIC`; `BAD_LENGTH`
   */
  open(key: Uint8Array, nonce: Uint8Array, data: Uint8Array, sealed: Uint8Array): Uint8Array
}

/** @param engine used by nobody else */
export function createCipher(engine: Engine): Cipher {
  const { exports, bytes } = engine
  const view = new DataView(bytes.buffer)
  /** Bytes in front of the text that the tag has yet to cover. */
  let waiting = 0

  const begin = (key: Uint8Array, nonce: Uint8Array, dataLength: number, length: number): void => {
    checkKeyAndNonce(key, nonce)
    engine.key.set(key)
    engine.nonce.set(nonce)
    // so many zeros in front that the last group is full
    waiting = -(roundUp(dataLength) + roundUp(length) + BLOCK_LENGTH) & (GROUP_LENGTH - 1)
    bytes.fill(0, TEXT - waiting, TEXT)
    exports.begin(waiting / BLOCK_LENGTH)
  }

  /** Has whole blocks at TEXT covered, whole groups of them now and the rest with what comes next. */
  const absorb = (length: number): void => {
    const from = TEXT - waiting
    const left = (waiting + length) % GROUP_LENGTH
    const now = waiting + length - left
    if (now > 0) exports.absorb(from, now)
    bytes.copyWithin(TEXT - left, from + now, from + now + left)
    waiting = left
  }

  const absorbData = (data: Uint8Array): void => {
    for (let at = 0; at < data.byteLength; at += TILE_LENGTH) {
      const tile = data.subarray(at, at + TILE_LENGTH)
      bytes.set(tile, TEXT)
      absorb(pad(tile.byteLength))
    }
  }

  /** Zeros up to the end of a block. */
  const pad = (length: number): number => {
    const end = roundUp(length)
    bytes.fill(0, TEXT + length, TEXT + end)
    return end
  }

  /** Has the tile at TEXT covered, `done` bytes of text having gone before, and after the last the lengths. */
  const absorbText = (length: number, done: number, dataLength: number, isLast: boolean): void => {
    const end = pad(length)
    if (isLast) {
      writeLength(TEXT + end, dataLength)
      writeLength(TEXT + end + 8, done + length)
    }
    absorb(isLast ? end + BLOCK_LENGTH : end)
  }

  /** In eight bytes, little-endian. */
  const writeLength = (at: number, length: number): void => {
    view.setUint32(at, length % 2 ** 32, true)
    view.setUint32(at + 4, Math.floor(length / 2 ** 32), true)
  }

  /** Calls for each tile, at least one; nothing but the last has other than full length. */
  const forEachTile = (length: number, work: (at: number, end: number) => void): void => {
    let at = 0
    do {
      const end = Math.min(length, at + TILE_LENGTH)
      work(at, end)
      at = end
    } while (at < length)
  }

  return {
    seal(key, nonce, data, plaintext) {
      const length = plaintext.byteLength
      const sealed = new Uint8Array(length + AEAD_TAG_LENGTH)
      try {
        begin(key, nonce, data.byteLength, length)
        absorbData(data)
        forEachTile(length, (at, end) => {
          bytes.set(plaintext.subarray(at, end), TEXT)
          exports.crypt(TEXT, end - at)
          sealed.set(bytes.subarray(TEXT, TEXT + end - at), at)
          absorbText(end - at, at, data.byteLength, end === length)
        })
        exports.finish()
        sealed.set(engine.tag, length)
      } finally {
        exports.wipe()
      }
      return sealed
    },

    open(key, nonce, data, sealed) {
      const length = sealed.byteLength - AEAD_TAG_LENGTH
      if (length < 0) throw notAuthentic()
      // more than a tile passes twice, out of memory that nobody else can change
      const ciphertext = sealed.subarray(0, length)
      // a copy, which `slice` of a Buffer would not be
      const text = length > TILE_LENGTH ? new Uint8Array(ciphertext) : ciphertext
      try {
        begin(key, nonce, data.byteLength, length)
        engine.claimedTag.set(sealed.subarray(length))
        absorbData(data)
        forEachTile(length, (at, end) => {
          bytes.set(text.subarray(at, end), TEXT)
          absorbText(end - at, at, data.byteLength, end === length)
        })
        exports.finish()
        if (exports.isAuthentic() === 0) throw notAuthentic()
        if (length <= TILE_LENGTH) {
          exports.crypt(TEXT, length)
          return bytes.slice(TEXT, TEXT + length)
        }
        forEachTile(length, (at, end) => {
          bytes.set(text.subarray(at, end), TEXT)
          exports.crypt(TEXT, end - at)
          text.set(bytes.subarray(TEXT, TEXT + end - at), at)
        })
        return text
      } finally {
        exports.wipe()
      }
    }
  }
}

function roundUp(length: number): number {
  return Math.ceil(length / BLOCK_LENGTH) * BLOCK_LENGTH
}
