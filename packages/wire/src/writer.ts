import { WireError } from './errors.ts'

/**
 * Writes the fields that a {@link Reader} reads. A value its field cannot hold
 * throws {@link WireError} `OUT_OF_RANGE` or `TOO_LONG` instead of wrapping.
 */
export interface Writer {
  uint8(value: number): this
  uint16(value: number): this
  uint32(value: number): this
  uint53(value: number): this
  float64(value: number): this
  flag(value: boolean): this
  /** `value` has to be among the first 256 of `choices`. */
  oneOf<T>(choices: readonly T[], value: T): this
  optional<T>(value: T | undefined, write: (writer: this, value: T) => void): this
  bytes(value: Uint8Array): this
  prefixed(value: Uint8Array): this
  text(value: string): this
  list<T>(items: readonly T[], item: (writer: this, value: T) => void): this
  /** What was written, as a view; the writer must not be used afterwards. */
  finish(): Uint8Array
}

const utf8 = new TextEncoder()

/** Texts up to this many UTF-16 units are written one by one: what TextEncoder costs is its call. */
const MAX_SHORT_TEXT = 128

/** Longest output, in bytes, that is copied out, so that the memory it was written to can be reused. */
const MAX_COPIED_LENGTH = 4 * 1024

/** Memory from which those copies are cut, in bytes: a buffer for each costs more than the rest. */
const SLAB_LENGTH = 16 * 1024

/** Memory of writers that have finished, and how many of them are kept at most. */
const spares: Memory[] = []
const MAX_SPARES = 4

let slab = new ArrayBuffer(SLAB_LENGTH)
let slabUsed = 0

/** What a writer writes to. */
interface Memory {
  readonly bytes: Uint8Array<ArrayBuffer>
  readonly view: DataView
}

/**
 * @param capacity bytes to set aside at first; the writer grows by doubling.
 * Default 128
 */
export function createWriter(capacity = 128): Writer {
  const memory = capacity <= MAX_COPIED_LENGTH ? spares.pop() : undefined
  return new GrowingWriter(memory ?? allocate(Math.max(capacity, MAX_COPIED_LENGTH >> 2)))
}

function allocate(length: number): Memory {
  const bytes = new Uint8Array(length)
  return { bytes, view: new DataView(bytes.buffer) }
}

/** What a writer has that has finished. */
const NOTHING: Memory = allocate(0)

/** A copy of bytes at a multiple of eight of a buffer that it shares with others. */
function copyOf(bytes: Uint8Array): Uint8Array {
  const { length } = bytes
  if (slabUsed + length > SLAB_LENGTH) {
    slab = new ArrayBuffer(SLAB_LENGTH)
    slabUsed = 0
  }
  const copy = new Uint8Array(slab, slabUsed, length)
  slabUsed += (length + 7) & ~7
  copy.set(bytes)
  return copy
}

class GrowingWriter implements Writer {
  #memory: Memory
  #length = 0

  constructor(memory: Memory) {
    this.#memory = memory
  }

  uint8(value: number): this {
    const at = this.#grow(1, value, 2 ** 8 - 1)
    this.#memory.view.setUint8(at, value)
    return this
  }

  uint16(value: number): this {
    const at = this.#grow(2, value, 2 ** 16 - 1)
    this.#memory.view.setUint16(at, value, true)
    return this
  }

  uint32(value: number): this {
    const at = this.#grow(4, value, 2 ** 32 - 1)
    this.#memory.view.setUint32(at, value, true)
    return this
  }

  uint53(value: number): this {
    const at = this.#grow(8, value, Number.MAX_SAFE_INTEGER)
    this.#memory.view.setUint32(at, value % 2 ** 32, true)
    this.#memory.view.setUint32(at + 4, Math.floor(value / 2 ** 32), true)
    return this
  }

  float64(value: number): this {
    const at = this.#reserve(8)
    this.#memory.view.setFloat64(at, value, true)
    return this
  }

  flag(value: boolean): this {
    return this.uint8(value ? 1 : 0)
  }

  oneOf<T>(choices: readonly T[], value: T): this {
    return this.uint8(choices.indexOf(value))
  }

  optional<T>(value: T | undefined, write: (writer: this, value: T) => void): this {
    this.flag(value !== undefined)
    if (value !== undefined) write(this, value)
    return this
  }

  bytes(value: Uint8Array): this {
    const at = this.#reserve(value.byteLength)
    this.#memory.bytes.set(value, at)
    return this
  }

  prefixed(value: Uint8Array): this {
    return this.uint32(value.byteLength).bytes(value)
  }

  text(value: string): this {
    const { length } = value
    if (length > MAX_SHORT_TEXT) return this.prefixed(utf8.encode(value))
    const start = this.#length
    const at = this.#reserve(4 + length)
    this.#memory.view.setUint32(at, length, true)
    for (let i = 0; i < length; i++) {
      const unit = value.charCodeAt(i)
      if (unit > 0x7f) {
        // not ASCII: one unit may take several bytes
        this.#length = start
        return this.prefixed(utf8.encode(value))
      }
      this.#memory.bytes[at + 4 + i] = unit
    }
    return this
  }

  list<T>(items: readonly T[], item: (writer: this, value: T) => void): this {
    this.uint16(items.length)
    for (const value of items) item(this, value)
    return this
  }

  finish(): Uint8Array {
    const bytes = this.#memory.bytes.subarray(0, this.#length)
    if (this.#length > MAX_COPIED_LENGTH) return bytes
    const copy = copyOf(bytes)
    if (spares.length < MAX_SPARES) spares.push(this.#memory)
    this.#memory = NOTHING
    this.#length = 0
    return copy
  }

  #grow(size: number, value: number, max: number): number {
    if (!Number.isInteger(value) || value < 0 || value > max) {
      throw new WireError('OUT_OF_RANGE', `${value} does not fit an integer of ${size} bytes`, {
        value
      })
    }
    return this.#reserve(size)
  }

  #reserve(size: number): number {
    const at = this.#length
    const needed = at + size
    if (needed > this.#memory.bytes.byteLength) {
      const grown = allocate(Math.max(needed, this.#memory.bytes.byteLength * 2))
      grown.bytes.set(this.#memory.bytes)
      this.#memory = grown
    }
    this.#length = needed
    return at
  }
}
