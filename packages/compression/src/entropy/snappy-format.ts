import { malformed } from '../errors.ts'

/*
 * The raw Snappy format, google/snappy/format_description.txt: the length of the
 * content as a little-endian base-128 number, then literals and copies. The library
 * allocates what that number says before it looks at anything else.
 */

/** Bytes of the longest number: the format knows lengths below 2^32. */
const MAX_LENGTH_BYTES = 5

/** Upper bound of the stream of `length` bytes of content: what `MaxCompressedLength` computes. */
export function maxSnappyLength(length: number): number {
  return 32 + length + Math.floor(length / 6)
}

/**
 * Checks that a stream announces `expected` bytes of content.
 *
 * @throws {CodecError} `MALFORMED`
 */
export function checkSnappyLength(stream: Uint8Array, expected: number): void {
  let announced = 0
  for (let at = 0; at < MAX_LENGTH_BYTES; at++) {
    const byte = stream[at]
    if (byte === undefined) break
    announced += (byte & 0x7f) * 2 ** (7 * at)
    if (byte < 0x80) {
      if (announced === expected) return
      throw malformed(`a Snappy stream announces ${announced} bytes instead of ${expected}`)
    }
  }
  throw malformed('a Snappy stream does not begin with the length of its content')
}
