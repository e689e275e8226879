import { MuxerError } from './errors.ts'
import { decodeHeader, type FrameHeader, FrameType, HEADER_LENGTH } from './frame.ts'

/** What a {@link FrameReader} has found. */
export interface FrameHandler {
  /** A frame begins. Its data, if it has any, follows in pieces. */
  onHeader(header: FrameHeader): void
  /** More data of the last frame; borrowed. */
  onData(bytes: Uint8Array): void
  /** All data of the last frame has come; also for a frame without any. */
  onFrameEnd(header: FrameHeader): void
}

/**
 * Takes frames of yamux apart as they come, without waiting for their ends, and
 * without keeping any of their bytes but those of a header that is cut in two.
 */
export class FrameReader {
  readonly #handler: FrameHandler
  readonly #partial = new Uint8Array(HEADER_LENGTH)
  #have = 0
  #header: FrameHeader | undefined
  /** Data of the current frame that has not come. */
  #missing = 0

  constructor(handler: FrameHandler) {
    this.#handler = handler
  }

  /**
   * @param chunk borrowed
   * @throws MuxerError `BAD_FRAME`, and what the handler throws; nothing can be read after that
   */
  push(chunk: Uint8Array): void {
    let at = 0
    while (at < chunk.byteLength) {
      at = this.#header === undefined ? this.#readHeader(chunk, at) : this.#readData(chunk, at)
    }
  }

  #readHeader(chunk: Uint8Array, at: number): number {
    if (this.#have === 0 && chunk.byteLength - at >= HEADER_LENGTH) {
      this.#begin(chunk, at)
      return at + HEADER_LENGTH
    }
    const end = Math.min(chunk.byteLength, at + HEADER_LENGTH - this.#have)
    this.#partial.set(chunk.subarray(at, end), this.#have)
    this.#have += end - at
    if (this.#have === HEADER_LENGTH) {
      this.#have = 0
      this.#begin(this.#partial, 0)
    }
    return end
  }

  #begin(bytes: Uint8Array, at: number): void {
    const header = decodeHeader(bytes, at)
    const version = bytes[at] ?? 0
    if (version !== 0 || header.type > FrameType.GO_AWAY) throw badFrame(header, version)
    this.#header = header
    this.#missing = header.type === FrameType.DATA ? header.length : 0
    this.#handler.onHeader(header)
    if (this.#missing === 0) this.#end(header)
  }

  #readData(chunk: Uint8Array, at: number): number {
    const end = Math.min(chunk.byteLength, at + this.#missing)
    this.#missing -= end - at
    this.#handler.onData(chunk.subarray(at, end))
    if (this.#missing === 0 && this.#header !== undefined) this.#end(this.#header)
    return end
  }

  #end(header: FrameHeader): void {
    this.#header = undefined
    this.#handler.onFrameEnd(header)
  }
}

export function badFrame({ type, stream }: FrameHeader, version = 0): MuxerError<'BAD_FRAME'> {
  return new MuxerError(
    'BAD_FRAME',
    `a frame of version ${version} and type ${type} for stream ${stream} is none of yamux; the remote is faulty or speaks another protocol`,
    { version, type, stream }
  )
}
