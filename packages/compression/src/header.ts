import { FORMAT_VERSION, HEADER_LENGTH, MAGIC, TILE_EXPONENT } from './constants.ts'
import { malformed } from './errors.ts'

/** What the header says about the bytes behind it. */
export interface Header {
  /** Id of the value stage, 1 to 255. */
  readonly value: number
  /** Id of the entropy stage, 0 when there is none. */
  readonly entropy: number
  /** log2 of the values per block. */
  readonly blockExponent: number
  /** Number of values. */
  readonly count: number
}

/** Writes the header at the start of `out`. */
export function writeHeader(out: Uint8Array, header: Header): void {
  out[0] = MAGIC
  out[1] = FORMAT_VERSION
  out[2] = header.value
  out[3] = header.entropy
  new DataView(out.buffer, out.byteOffset, HEADER_LENGTH).setUint32(4, header.count, true)
  out[8] = header.blockExponent
  out[9] = header.entropy === 0 ? 0 : TILE_EXPONENT
  out[10] = 0
  out[11] = 0
}

/**
 * Reads the header of hostile bytes. Which ids there are, it does not know.
 *
 * @throws {CodecError} `MALFORMED`
 */
export function readHeader(bytes: Uint8Array): Header {
  if (bytes.length < HEADER_LENGTH) {
    throw malformed(`the header has ${HEADER_LENGTH} bytes, there are ${bytes.length}`)
  }
  if (bytes[0] !== MAGIC) throw malformed('the bytes do not begin with the magic byte of a codec')
  if (bytes[1] !== FORMAT_VERSION) {
    throw malformed(`the format has version ${bytes[1]}, this decoder reads ${FORMAT_VERSION}`)
  }
  const entropy = bytes[3]!
  if (bytes[9] !== (entropy === 0 ? 0 : TILE_EXPONENT)) {
    throw malformed(`tiles of 2^${bytes[9]} bytes do not go with the entropy stage ${entropy}`)
  }
  if (bytes[10] !== 0 || bytes[11] !== 0) throw malformed('reserved bytes of the header are set')
  return {
    value: bytes[2]!,
    entropy,
    blockExponent: bytes[8]!,
    count: new DataView(bytes.buffer, bytes.byteOffset, HEADER_LENGTH).getUint32(4, true)
  }
}
