import { WireError } from './errors.ts'
import { decodeText } from './short-text.ts'

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
  /** A byte that is 0 or 1. */
  flag(): boolean
  /** One of at most 256 values, by a byte that is its place among them. */
  oneOf<T>(choices: readonly T[]): T
  /** A value behind a flag that says whether there is one. */
  optional<T>(read: (reader: Reader) => T): T | undefined
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

/** Reads from the start of `bytes`. */
export function createReader(bytes: Uint8Array): Reader {
  return new BoundedReader(bytes)
}

// integers are put together by hand: a message is too short for a `DataView` to pay
class BoundedReader implements Reader {
  readonly #bytes: Uint8Array
  #offset = 0

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes
  }

  get remaining(): number {
    return this.#bytes.length - this.#offset
  }

  uint8(): number {
    return this.#bytes[this.#take(1)] as number
  }

  uint16(): number {
    const at = this.#take(2)
    const bytes = this.#bytes
    return (bytes[at] as number) | ((bytes[at + 1] as number) << 8)
  }

  uint32(): number {
    return uint32At(this.#bytes, this.#take(4))
  }

  uint53(): number {
    const at = this.#take(8)
    const high = uint32At(this.#bytes, at + 4)
    const value = high * 2 ** 32 + uint32At(this.#bytes, at)
    if (high >= 2 ** 21) {
      throw new WireError('OUT_OF_RANGE', 'an integer is larger than 2^53 - 1', { value })
    }
    return value
  }

  float64(): number {
    const at = this.#take(8)
    const { buffer, byteOffset } = this.#bytes
    return new DataView(buffer, byteOffset + at, 8).getFloat64(0, true)
  }

  flag(): boolean {
    return this.#below(2) === 1
  }

  oneOf<T>(choices: readonly T[]): T {
    return choices[this.#below(choices.length)] as T
  }

  optional<T>(read: (reader: Reader) => T): T | undefined {
    return this.flag() ? read(this) : undefined
  }

  bytes(length: number): Uint8Array {
    const at = this.#take(length)
    // `subarray` would ask the class which class to make
    return new Uint8Array(this.#bytes.buffer, this.#bytes.byteOffset + at, length)
  }

  prefixed(limit: number): Uint8Array {
    return this.bytes(bounded(this.uint32(), limit))
  }

  text(limit: number): string {
    const length = bounded(this.uint32(), limit)
    const at = this.#take(length)
    try {
      return decodeText(this.#bytes, at, at + length)
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

  #below(count: number): number {
    const value = this.uint8()
    if (value < count) return value
    throw new WireError('OUT_OF_RANGE', `a field has the value ${value}, of ${count} possible`, {
      value
    })
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

function uint32At(bytes: Uint8Array, at: number): number {
  const low = (bytes[at] as number) | ((bytes[at + 1] as number) << 8)
  return (low | ((bytes[at + 2] as number) << 16) | ((bytes[at + 3] as number) << 24)) >>> 0
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
