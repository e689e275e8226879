import { WireError } from './errors.ts'
import { FrameSlabs, type Place } from './frame-slabs.ts'

/**
 * Bytes in front of every frame: its length without them, as an unsigned 32-bit
 * integer, little-endian.
 */
export const FRAME_HEADER_LENGTH = 4

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
 * What is pushed is copied at once, and once only, to where its frame is put
 * together: the pieces a network delivers need not be kept. The memory of frames
 * goes round in circles. What `next` returns is a view that is valid until `next`
 * is called again. It starts at a multiple of eight bytes of its buffer, so that a
 * typed-array view can be laid over it.
 */
export interface FrameAssembler {
  /** Bytes of complete frames that wait for `next`, their headers included; above 0 also when `next` will throw. */
  readonly pending: number

  /** How many complete frames wait for `next`. */
  readonly frames: number

  /** The frame that has begun and is not complete. */
  readonly partial: PartialFrame | undefined

  /** Adds what came next. The bytes are the caller's again when this returns. */
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
  return new CopyingAssembler(init)
}

class CopyingAssembler implements FrameAssembler {
  readonly #limit: number
  #slabs = new FrameSlabs()
  /** Complete frames, the oldest first. */
  #frames: Place[] = []
  /** What `next` returned last. */
  #lent: Place | undefined
  #pending = 0

  #headerBytes = 0
  #length = 0
  #place: Place | undefined
  #filled = 0
  #tooLong = false

  constructor(init: FrameAssemblerInit) {
    this.#limit = init.maxFrameLength
  }

  get pending(): number {
    return this.#pending
  }

  get frames(): number {
    return this.#frames.length
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
    let at = 0
    while (at < chunk.byteLength && !this.#tooLong) {
      if (this.#headerBytes < FRAME_HEADER_LENGTH) {
        // a multiplication, because a shift by 24 would make large lengths negative
        this.#length += (chunk[at] ?? 0) * 2 ** (8 * this.#headerBytes)
        this.#headerBytes++
        at++
        if (this.#headerBytes === FRAME_HEADER_LENGTH) this.#begin()
      } else {
        at = this.#fill(chunk, at)
      }
    }
  }

  next(): Uint8Array | undefined {
    if (this.#lent !== undefined) this.#slabs.giveUp(this.#lent)
    const place = this.#frames.shift()
    this.#lent = place
    if (place !== undefined) {
      this.#pending -= FRAME_HEADER_LENGTH + place.bytes.byteLength
      return place.bytes
    }
    if (!this.#tooLong) return undefined
    throw new WireError(
      'TOO_LONG',
      `a frame of ${this.#length} bytes is announced, the limit is ${this.#limit}`,
      { length: this.#length, limit: this.#limit }
    )
  }

  clear(): void {
    this.#slabs = new FrameSlabs()
    this.#frames = []
    this.#lent = undefined
    this.#pending = 0
    this.#tooLong = false
    this.#startOver()
  }

  #begin(): void {
    if (this.#length > this.#limit) {
      this.#tooLong = true
      this.#pending += FRAME_HEADER_LENGTH
      return
    }
    this.#place = this.#slabs.take(this.#length)
    if (this.#length === 0) this.#complete(this.#place)
  }

  #fill(chunk: Uint8Array, at: number): number {
    const place = this.#place as Place
    const end = Math.min(chunk.byteLength, at + this.#length - this.#filled)
    place.bytes.set(chunk.subarray(at, end), this.#filled)
    this.#filled += end - at
    if (this.#filled === this.#length) this.#complete(place)
    return end
  }

  #complete(place: Place): void {
    this.#frames.push(place)
    this.#pending += FRAME_HEADER_LENGTH + this.#length
    this.#startOver()
  }

  #startOver(): void {
    this.#headerBytes = 0
    this.#length = 0
    this.#place = undefined
    this.#filled = 0
  }
}
