import { LENGTH_PREFIX, MAX_RECORD_LENGTH } from './constants.ts'

/** Takes a record, ciphertext and tag; the bytes are borrowed. @returns whether there is a use for more */
export type OnRecord = (record: Uint8Array) => boolean

/**
 * Cuts what comes over a connection into records.
 *
 * Those that lie in one chunk as a whole, nearly all, are passed on where they
 * are. Only what a chunk ends within is copied, and completed with the next.
 */
export class RecordReader {
  readonly #onRecord: OnRecord
  /** The record that has begun, its length in front. Longer than any, or as long as those that came. */
  #partial = new Uint8Array(0)
  #have = 0

  constructor(onRecord: OnRecord) {
    this.#onRecord = onRecord
  }

  /** Whether a record has begun that is not complete. */
  get isWithinRecord(): boolean {
    return this.#have > 0
  }

  /** Adds what came next; the bytes are the caller's again when this returns. */
  push(chunk: Uint8Array): void {
    let at = this.#have === 0 ? 0 : this.#complete(chunk)
    while (chunk.byteLength - at >= LENGTH_PREFIX) {
      const from = at + LENGTH_PREFIX
      const end = from + lengthAt(chunk, at)
      if (end > chunk.byteLength) break
      at = end
      if (!this.#onRecord(chunk.subarray(from, end))) return
    }
    if (at < chunk.byteLength) this.#keep(chunk, at, chunk.byteLength)
  }

  /** Completes the record that has begun. @returns how many bytes of the chunk are used up */
  #complete(chunk: Uint8Array): number {
    let at = 0
    if (this.#have < LENGTH_PREFIX) {
      at = Math.min(chunk.byteLength, LENGTH_PREFIX - this.#have)
      this.#keep(chunk, 0, at)
      if (this.#have < LENGTH_PREFIX) return at
    }
    const length = LENGTH_PREFIX + lengthAt(this.#partial, 0)
    const end = Math.min(chunk.byteLength, at + length - this.#have)
    this.#keep(chunk, at, end)
    if (this.#have < length) return end
    this.#have = 0
    return this.#onRecord(this.#partial.subarray(LENGTH_PREFIX, length)) ? end : chunk.byteLength
  }

  #keep(chunk: Uint8Array, from: number, to: number): void {
    const have = this.#have + to - from
    if (have > this.#partial.byteLength) {
      const larger = new Uint8Array(
        Math.min(LENGTH_PREFIX + MAX_RECORD_LENGTH, Math.max(1024, 2 * have))
      )
      larger.set(this.#partial.subarray(0, this.#have))
      this.#partial = larger
    }
    this.#partial.set(chunk.subarray(from, to), this.#have)
    this.#have = have
  }
}

function lengthAt(bytes: Uint8Array, at: number): number {
  return ((bytes[at] ?? 0) << 8) | (bytes[at + 1] ?? 0)
}
