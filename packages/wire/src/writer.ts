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
  bytes(value: Uint8Array): this
  prefixed(value: Uint8Array): this
  text(value: string): this
  list<T>(items: readonly T[], item: (writer: this, value: T) => void): this
  /** What was written, as a view; the writer must not be used afterwards. */
  finish(): Uint8Array
}

const utf8 = new TextEncoder()

/**
 * @param capacity bytes to set aside at first; the writer grows by doubling.
 * Default 128
 */
export function createWriter(capacity = 128): Writer {
  return new GrowingWriter(capacity)
}

class GrowingWriter implements Writer {
  #bytes: Uint8Array<ArrayBuffer>
  #view: DataView
  #length = 0

  constructor(capacity: number) {
    this.#bytes = new Uint8Array(capacity)
    this.#view = new DataView(this.#bytes.buffer)
  }

  uint8(value: number): this {
    const at = this.#grow(1, value, 2 ** 8 - 1)
    this.#view.setUint8(at, value)
    return this
  }

  uint16(value: number): this {
    const at = this.#grow(2, value, 2 ** 16 - 1)
    this.#view.setUint16(at, value, true)
    return this
  }

  uint32(value: number): this {
    const at = this.#grow(4, value, 2 ** 32 - 1)
    this.#view.setUint32(at, value, true)
    return this
  }

  uint53(value: number): this {
    const at = this.#grow(8, value, Number.MAX_SAFE_INTEGER)
    this.#view.setUint32(at, value % 2 ** 32, true)
    this.#view.setUint32(at + 4, Math.floor(value / 2 ** 32), true)
    return this
  }

  float64(value: number): this {
    const at = this.#reserve(8)
    this.#view.setFloat64(at, value, true)
    return this
  }

  bytes(value: Uint8Array): this {
    const at = this.#reserve(value.byteLength)
    this.#bytes.set(value, at)
    return this
  }

  prefixed(value: Uint8Array): this {
    return this.uint32(value.byteLength).bytes(value)
  }

  text(value: string): this {
    return this.prefixed(utf8.encode(value))
  }

  list<T>(items: readonly T[], item: (writer: this, value: T) => void): this {
    this.uint16(items.length)
    for (const value of items) item(this, value)
    return this
  }

  finish(): Uint8Array {
    return this.#bytes.subarray(0, this.#length)
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
    if (needed > this.#bytes.byteLength) {
      const grown = new Uint8Array(Math.max(needed, this.#bytes.byteLength * 2))
      grown.set(this.#bytes)
      this.#bytes = grown
      this.#view = new DataView(grown.buffer)
    }
    this.#length = needed
    return at
  }
}
