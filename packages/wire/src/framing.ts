import { WireError } from './errors.ts'

/**
 * Bytes in front of every frame: its length without them, as an unsigned 32-bit
 * integer, little-endian.
 */
export const FRAME_HEADER_LENGTH = 4

/**
 * Smallest buffer that frames are put together in, in bytes: a page, so that
 * small frames never grow it.
 */
const MIN_BUFFER_LENGTH = 4096

/** Chunks from this length on are worth freeing one by one, in bytes. */
const FREE_ABOVE = 4096

/** Writes the header of a frame of `length` bytes at the start of `out`. */
export function writeFrameHeader(out: Uint8Array, length: number): void {
  out[0] = length
  out[1] = length >>> 8
  out[2] = length >>> 16
  out[3] = length >>> 24
}

/** Options of {@link createFrameAssembler}. */
export interface FrameAssemblerInit {
  /** Longest frame that is accepted, in bytes, its header not counted. */
  readonly maxFrameLength: number
  /**
   * The chunks are nobody else's: their memory is freed as soon as it is copied,
   * where a chunk is all of its `ArrayBuffer` but the headroom, instead of when
   * the garbage collector finds it. At hundreds of megabytes per second that is
   * the difference between a flat and a sawtooth memory use.
   *
   * @default false
   */
  readonly ownsChunks?: boolean
  /**
   * How many bytes in front of an owned chunk, at the start of its `ArrayBuffer`,
   * are nobody's either: the header of the layer below.
   *
   * @default 0
   */
  readonly headroom?: number
}

/** How far the assembler has come into a frame that is not complete; both in bytes. */
export interface PartialFrame {
  readonly received: number
  /** Length of the frame, or of its header while that is not complete either. */
  readonly expected: number
}

/**
 * Cuts a byte stream into frames.
 *
 * Each frame is copied once, into one buffer that is used again for the next:
 * what `next` returns is a view that is valid until `next` is called again. It
 * starts at a multiple of eight bytes of its buffer, so that a typed-array view
 * can be laid over it, and the pieces a network delivers need not be kept.
 */
export interface FrameAssembler {
  /** Bytes pushed and not yet looked at by `next`. */
  readonly pending: number

  /** The frame that has begun and is not complete, as far as `next` has looked. */
  readonly partial: PartialFrame | undefined

  /** Adds what came next. The bytes are borrowed until `next` has taken them. */
  push(chunk: Uint8Array): void

  /**
   * The next frame if it is complete; the previous one is given up either way.
   *
   * @throws {WireError} `TOO_LONG` when a header announces more than the limit;
   * the stream cannot be read on from there
   */
  next(): Uint8Array | undefined

  /** Lets go of everything. */
  clear(): void
}

/** Makes an assembler that stands at the start of a stream. */
export function createFrameAssembler(init: FrameAssemblerInit): FrameAssembler {
  return new ReusingAssembler(init)
}

class ReusingAssembler implements FrameAssembler {
  readonly #limit: number
  readonly #ownsChunks: boolean
  readonly #headroom: number
  #chunks: Uint8Array[] = []
  /** Index of the first chunk that is still needed, and how much of it is used up. */
  #first = 0
  #offset = 0
  #pending = 0

  #headerBytes = 0
  #length = 0
  #filled = 0
  #buffer = new Uint8Array(0)

  constructor(init: FrameAssemblerInit) {
    this.#limit = init.maxFrameLength
    this.#ownsChunks = init.ownsChunks ?? false
    this.#headroom = init.headroom ?? 0
  }

  get pending(): number {
    return this.#pending
  }

  get partial(): PartialFrame | undefined {
    if (this.#headerBytes === FRAME_HEADER_LENGTH) {
      return { received: this.#filled, expected: this.#length }
    }
    return this.#headerBytes === 0
      ? undefined
      : { received: this.#headerBytes, expected: FRAME_HEADER_LENGTH }
  }

  push(chunk: Uint8Array): void {
    if (chunk.byteLength === 0) return
    this.#chunks.push(chunk)
    this.#pending += chunk.byteLength
  }

  next(): Uint8Array | undefined {
    if (this.#headerBytes < FRAME_HEADER_LENGTH) {
      this.#readHeader()
      if (this.#headerBytes < FRAME_HEADER_LENGTH) return undefined
      if (this.#length > this.#limit) {
        throw new WireError(
          'TOO_LONG',
          `a frame of ${this.#length} bytes is announced, the limit is ${this.#limit}`,
          { length: this.#length, limit: this.#limit }
        )
      }
      this.#reserve(this.#length)
    }
    while (this.#filled < this.#length) {
      const chunk = this.#chunks[this.#first]
      if (chunk === undefined) return undefined
      const offset = this.#offset
      const count = Math.min(chunk.byteLength - offset, this.#length - this.#filled)
      const whole = count === chunk.byteLength
      this.#buffer.set(whole ? chunk : chunk.subarray(offset, offset + count), this.#filled)
      this.#filled += count
      this.#consume(chunk, count)
    }
    const frame = new Uint8Array(this.#buffer.buffer, 0, this.#length)
    this.#headerBytes = 0
    this.#length = 0
    this.#filled = 0
    return frame
  }

  clear(): void {
    this.#chunks = []
    this.#first = 0
    this.#offset = 0
    this.#pending = 0
    this.#headerBytes = 0
    this.#length = 0
    this.#filled = 0
    this.#buffer = new Uint8Array(0)
  }

  #readHeader(): void {
    while (this.#headerBytes < FRAME_HEADER_LENGTH) {
      const chunk = this.#chunks[this.#first]
      if (chunk === undefined) return
      const byte = chunk[this.#offset] ?? 0
      // a multiplication, because a shift by 24 would make large lengths negative
      this.#length += byte * 2 ** (8 * this.#headerBytes)
      this.#headerBytes++
      this.#consume(chunk, 1)
    }
  }

  #consume(chunk: Uint8Array, count: number): void {
    this.#pending -= count
    this.#offset += count
    if (this.#offset < chunk.byteLength) return
    if (this.#ownsChunks) free(chunk, this.#headroom)
    this.#offset = 0
    this.#first++
    if (this.#first === this.#chunks.length) {
      this.#chunks.length = 0
      this.#first = 0
    } else if (this.#first === 64) {
      // a queue that never runs empty must not keep what it has passed
      this.#chunks.splice(0, this.#first)
      this.#first = 0
    }
  }

  #reserve(length: number): void {
    if (this.#buffer.byteLength >= length) return
    let capacity = Math.max(MIN_BUFFER_LENGTH, this.#buffer.byteLength)
    while (capacity < length) capacity *= 2
    this.#buffer = new Uint8Array(Math.max(length, Math.min(capacity, this.#limit)))
  }
}

/** Frees the memory of a chunk that nothing else can be a view of. */
function free({ buffer, byteOffset, byteLength }: Uint8Array, headroom: number): void {
  const isWhole = byteOffset <= headroom && byteOffset + byteLength === buffer.byteLength
  if (byteLength < FREE_ABOVE || !isWhole) return
  if (buffer instanceof ArrayBuffer) buffer.transfer(0)
}
