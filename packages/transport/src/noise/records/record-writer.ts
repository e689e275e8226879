import type { RecordSealer } from '@daa-compute/crypto'
import {
  BATCH_LENGTH,
  COPY_BELOW,
  FLUSH_AFTER,
  LENGTH_PREFIX,
  MAX_PLAINTEXT_LENGTH,
  TAG_LENGTH
} from './constants.ts'

/** Options of a {@link RecordWriter}. */
export interface RecordWriterInit {
  readonly sealer: RecordSealer
  /** Takes records, a stretch of bytes in pieces; their memory is its own. */
  write(pieces: readonly Uint8Array[], bytes: number): void
  /** Writing what had waited has failed. */
  onError(error: unknown): void
}

/**
 * Makes records of what is to be sent, each as full as can be.
 *
 * What is added is encrypted at once, so its memory is free again. A record that
 * is not full waits for more as long as the sender has some: until a few
 * microtasks have gone by without any. Records wait for each other likewise, so
 * that a burst of small ones is one system call and no bytes wait for the network.
 */
export class RecordWriter {
  readonly #init: RecordWriterInit
  /** Small pieces of plaintext, side by side. */
  readonly #staged = new Uint8Array(2 * COPY_BELOW)
  #stagedLength = 0
  /** Ciphertext of the record that has begun, and how much plaintext went in, what is staged included. */
  #record: Uint8Array[] = []
  #recordLength = 0
  /** Records that are done, and the tag of the last. */
  #batch: Uint8Array[] = []
  #tag: Uint8Array | undefined
  #batchLength = 0
  #waiting = false
  #idleTurns = 0

  constructor(init: RecordWriterInit) {
    this.#init = init
  }

  /** Adds plaintext, which is the caller's again when this returns. */
  add(bytes: Uint8Array): void {
    for (let at = 0; at < bytes.byteLength;) {
      const end = Math.min(bytes.byteLength, at + MAX_PLAINTEXT_LENGTH - this.#recordLength)
      this.#put(bytes.subarray(at, end))
      this.#recordLength += end - at
      at = end
      if (this.#recordLength === MAX_PLAINTEXT_LENGTH) this.#endRecord()
    }
    if (this.#batchLength >= BATCH_LENGTH) this.#writeBatch()
    this.#idleTurns = 0
    if (this.#waiting || (this.#recordLength === 0 && this.#batchLength === 0)) return
    this.#waiting = true
    queueMicrotask(this.#onTurn)
  }

  /** Hands over everything there is. */
  flush(): void {
    if (this.#recordLength > 0) this.#endRecord()
    this.#writeBatch()
  }

  readonly #onTurn = (): void => {
    this.#idleTurns++
    if (this.#idleTurns < FLUSH_AFTER) {
      queueMicrotask(this.#onTurn)
      return
    }
    this.#waiting = false
    try {
      this.flush()
    } catch (error) {
      this.#init.onError(error)
    }
  }

  #put(part: Uint8Array): void {
    if (part.byteLength > COPY_BELOW) {
      this.#seal()
      this.#push(this.#init.sealer.update(part))
      return
    }
    if (this.#stagedLength + part.byteLength > this.#staged.byteLength) this.#seal()
    this.#staged.set(part, this.#stagedLength)
    this.#stagedLength += part.byteLength
  }

  #seal(): void {
    if (this.#stagedLength === 0) return
    this.#push(this.#init.sealer.update(this.#staged.subarray(0, this.#stagedLength)))
    this.#stagedLength = 0
  }

  #push(ciphertext: Uint8Array): void {
    if (ciphertext.byteLength > 0) this.#record.push(ciphertext)
  }

  #endRecord(): void {
    this.#seal()
    const length = this.#recordLength + TAG_LENGTH
    const rest = this.#init.sealer.finish()
    const pieces = this.#record
    this.#record = []
    this.#recordLength = 0
    const prefix = Uint8Array.of(length >>> 8, length)
    const head = this.#tag === undefined ? prefix : join([this.#tag, prefix])
    this.#batchLength += LENGTH_PREFIX + length
    if (length > COPY_BELOW) {
      this.#batch.push(head, ...pieces)
      this.#tag = rest
    } else {
      this.#batch.push(join([head, ...pieces, rest]))
      this.#tag = undefined
    }
  }

  #writeBatch(): void {
    const bytes = this.#batchLength
    if (bytes === 0) return
    const pieces = this.#batch
    if (this.#tag !== undefined) pieces.push(this.#tag)
    this.#tag = undefined
    this.#batch = []
    this.#batchLength = 0
    this.#init.write(pieces, bytes)
  }
}

/** Lays pieces end to end. */
export function join(pieces: readonly Uint8Array[]): Uint8Array {
  let length = 0
  for (const { byteLength } of pieces) length += byteLength
  const joined = new Uint8Array(length)
  let at = 0
  for (const piece of pieces) {
    joined.set(piece, at)
    at += piece.byteLength
  }
  return joined
}
