/** A field of a Protocol Buffers message that has bytes or a text in it. */
export interface BytesField {
  readonly number: number
  readonly bytes: Uint8Array
}

/** Wire types: https://protobuf.dev/programming-guides/encoding/#structure */
const VARINT = 0
const FIXED_64 = 1
const BYTES = 2
const FIXED_32 = 5

/** Of a varint: more would not fit into 32 bits, and what is read here is shorter than that. */
const MAX_VARINT_BYTES = 5

/** A message of fields that are all bytes, in the order given. */
export function encodeFields(fields: readonly BytesField[]): Uint8Array {
  const whole: number[] = []
  for (const { number, bytes } of fields) {
    writeVarint(whole, number * 8 + BYTES)
    writeVarint(whole, bytes.length)
    for (const byte of bytes) whole.push(byte)
  }
  return Uint8Array.from(whole)
}

/**
 * The fields of a message that are bytes, in their order; those of other types
 * are passed over, as unknown ones should be.
 *
 * @returns views of the message
 * @throws RangeError when it is cut off or no such message
 */
export function decodeFields(message: Uint8Array): readonly BytesField[] {
  const fields: BytesField[] = []
  let offset = 0
  const skip = (length: number): void => {
    if (length > message.length - offset) throw new RangeError('a field is cut off')
    offset += length
  }
  const readVarint = (): number => {
    let value = 0
    for (let i = 0; i < MAX_VARINT_BYTES; i++) {
      const start = offset
      skip(1)
      const byte = message[start] ?? 0
      value += (byte & 0x7f) * 2 ** (7 * i)
      if (byte < 0x80) return value
    }
    throw new RangeError('a number is too large')
  }
  while (offset < message.length) {
    const tag = readVarint()
    const number = Math.floor(tag / 8)
    if (number === 0) throw new RangeError('a field has no number')
    switch (tag % 8) {
      case VARINT:
        skipVarint()
        break
      case FIXED_64:
        skip(8)
        break
      case BYTES: {
        const length = readVarint()
        const start = offset
        skip(length)
        fields.push({ number, bytes: message.subarray(start, offset) })
        break
      }
      case FIXED_32:
        skip(4)
        break
      default:
        throw new RangeError('a field has an unknown type')
    }
  }
  return fields

  /** One of up to 64 bits, which take ten bytes. */
  function skipVarint(): void {
    for (let i = 0; i < 10; i++) {
      const start = offset
      skip(1)
      if ((message[start] ?? 0) < 0x80) return
    }
    throw new RangeError('a number is too large')
  }
}

function writeVarint(out: number[], value: number): void {
  let rest = value
  while (rest >= 0x80) {
    out.push((rest % 0x80) + 0x80)
    rest = Math.floor(rest / 0x80)
  }
  out.push(rest)
}
