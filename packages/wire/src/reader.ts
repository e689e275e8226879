import { WireError } from './errors.ts'

/**
 * Reads little-endian fields from bytes that a stranger may have written. Every
 * method checks before it reads or allocates and throws {@link WireError}
 * (`TRUNCATED`, `TOO_LONG`, `OUT_OF_RANGE`, `BAD_TEXT`) otherwise.
 */
export interface Reader {
  /** Bytes not read yet. */
  readonly remaining: number
  uint8(): number
  uint16(): number
  uint32(): number
  /** An unsigned integer of eight bytes that has to fit a double: at most 2^53 - 1. */
  uint53(): number
  float64(): number
  /** Exactly `length` bytes, as a view of the input. */
  bytes(length: number): Uint8Array
  /** Bytes behind a 32-bit length, at most `limit`, as a view of the input. */
  prefixed(limit: number): Uint8Array
  /** UTF-8 text behind a 32-bit length, at most `limit` bytes. */
  text(limit: number): string
  /** A list behind a 16-bit count, at most `limit` items. */
  list<T>(limit: number, item: (reader: Reader) => T): T[]
  /** @throws {WireError} `TRAILING_BYTES` unless everything was read */
  end(): void
}

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

/** Reads from the start of `bytes`. */
export function createReader(bytes: Uint8Array): Reader {
  return new BoundedReader(bytes)
}

class BoundedReader implements Reader {
  readonly #bytes: Uint8Array
  readonly #view: DataView
  #offset = 0

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  }

  get remaining(): number {
    return this.#bytes.byteLength - this.#offset
  }

  uint8(): number {
    return this.#view.getUint8(this.#take(1))
  }

  uint16(): number {
    return this.#view.getUint16(this.#take(2), true)
  }

  uint32(): number {
    return this.#view.getUint32(this.#take(4), true)
  }

  uint53(): number {
    const at = this.#take(8)
    const high = this.#view.getUint32(at + 4, true)
    const value = high * 2 ** 32 + this.#view.getUint32(at, true)
    if (high >= 2 ** 21) {
      throw new WireError('OUT_OF_RANGE', 'an integer is larger than 2^53 - 1', { value })
    }
    return value
  }

  float64(): number {
    return this.#view.getFloat64(this.#take(8), true)
  }

  bytes(length: number): Uint8Array {
    const at = this.#take(length)
    return this.#bytes.subarray(at, at + length)
  }

  prefixed(limit: number): Uint8Array {
    return this.bytes(bounded(this.uint32(), limit))
  }

  text(limit: number): string {
    const bytes = this.prefixed(limit)
    try {
      return utf8.decode(bytes)
    } catch (cause) {
      throw new WireError('BAD_TEXT', 'a text field is not valid UTF-8', {}, { cause })
    }
  }

  list<T>(limit: number, item: (reader: Reader) => T): T[] {
    const count = bounded(this.uint16(), limit)
    const items: T[] = []
    for (let i = 0; i < count; i++) items.push(item(this))
    return items
  }

  end(): void {
    if (this.remaining > 0) {
      throw new WireError(
        'TRAILING_BYTES',
        `${this.remaining} bytes are left behind the last field`,
        { count: this.remaining }
      )
    }
  }

  #take(length: number): number {
    if (length > this.remaining) {
      throw new WireError(
        'TRUNCATED',
        `a field of ${length} bytes has only ${this.remaining} bytes left`,
        { needed: length, available: this.remaining }
      )
    }
    const at = this.#offset
    this.#offset += length
    return at
  }
}

function bounded(length: number, limit: number): number {
  if (length > limit) {
    throw new WireError('TOO_LONG', `a field of length ${length} is over its limit of ${limit}`, {
      length,
      limit
    })
  }
  return length
}
