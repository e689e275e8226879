import { detach } from './give-back.ts'

/** Bytes between two records on the wire: the length of the second. */
const LENGTH_PREFIX = 2

/**
 * The slabs that a socket's data comes in, given back when their last record
 * has been decrypted.
 *
 * A slab belongs to its connection if the connection's records fill it from its
 * first byte to its last, one behind the other; a slice of a pool that others
 * have a part of does not. So it is enough to follow where the records lie, and
 * nothing has to be known of where slabs come from.
 */
export class ReadMemory {
  #slab: ArrayBufferLike | undefined
  /** Where the next record begins in the slab if it follows on, before its length. */
  #end = 0

  /** The ciphertext of the connection's next record was decrypted and is not needed any more. */
  consumed(pieces: Iterable<Uint8Array>): void {
    let within = 0
    for (const piece of pieces) {
      // a record begins behind its length, which may lie in the slab before
      const gap = within === 0 ? LENGTH_PREFIX : 0
      this.#advance(piece, gap)
      within += piece.byteLength
    }
  }

  #advance(piece: Uint8Array, gap: number): void {
    const { buffer, byteOffset, byteLength } = piece
    if (this.#slab !== buffer) {
      // bytes before the first record of a slab can only be of its length
      this.#slab = byteOffset <= gap ? buffer : undefined
    } else if (byteOffset !== this.#end + gap) {
      this.#slab = undefined
    }
    this.#end = byteOffset + byteLength
    if (this.#slab === undefined || this.#end < buffer.byteLength) return
    this.#slab = undefined
    detach(buffer)
  }
}
