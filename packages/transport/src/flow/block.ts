/** What a block is; its upper two bits. */
export const BLOCK = {
  /** So many bytes of the stream follow. */
  data: 0,
  /** The reader of this block may send so many bytes more. */
  credit: 1,
  /** The writer sends no more data; it may still send credit. */
  end: 2,
  /** The writer gives the stream up. */
  reset: 3
} as const

/** One of {@link BLOCK}. */
export type BlockKind = (typeof BLOCK)[keyof typeof BLOCK]

/** Bytes of a block's header: kind and value as an unsigned 32-bit integer, little-endian. */
export const BLOCK_HEADER_LENGTH = 4

/** Largest value of a block: what 30 bits hold. */
export const MAX_BLOCK_VALUE: number = 2 ** 30 - 1

/** Makes the header of a block. */
export function blockHeader(kind: BlockKind, value = 0): Uint8Array {
  const header = new Uint8Array(BLOCK_HEADER_LENGTH)
  new DataView(header.buffer).setUint32(0, ((kind << 30) | value) >>> 0, true)
  return header
}

/** What a {@link BlockReader} tells of what it reads. */
export interface BlockHandler {
  /** A part of a data block, in the memory that was pushed. */
  onData(bytes: Uint8Array): void
  /** A data block has begun; throws if it may not be that long. */
  onDataHeader(length: number): void
  onCredit(bytes: number): void
  onEnd(): void
  onReset(): void
}

/** Cuts a byte stream into blocks, and keeps nothing of them but half a header. */
export class BlockReader {
  readonly #handler: BlockHandler
  readonly #header = new Uint8Array(BLOCK_HEADER_LENGTH)
  readonly #view = new DataView(this.#header.buffer)
  #headerLength = 0
  #left = 0

  constructor(handler: BlockHandler) {
    this.#handler = handler
  }

  /** Reads on; what the handler throws ends it. */
  push(bytes: Uint8Array): void {
    let at = 0
    while (at < bytes.length) {
      if (this.#left > 0) {
        const part = bytes.subarray(at, at + this.#left)
        this.#left -= part.length
        at += part.length
        this.#handler.onData(part)
      } else {
        this.#header[this.#headerLength++] = bytes[at++] as number
        if (this.#headerLength === BLOCK_HEADER_LENGTH) this.#onHeader()
      }
    }
  }

  #onHeader(): void {
    this.#headerLength = 0
    const word = this.#view.getUint32(0, true)
    const value = word & MAX_BLOCK_VALUE
    const handler = this.#handler
    switch ((word >>> 30) as BlockKind) {
      case BLOCK.data:
        handler.onDataHeader(value)
        this.#left = value
        break
      case BLOCK.credit:
        handler.onCredit(value)
        break
      case BLOCK.end:
        handler.onEnd()
        break
      case BLOCK.reset:
        handler.onReset()
        break
    }
  }
}
