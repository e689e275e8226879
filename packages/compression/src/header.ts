import { FORMAT_VERSION, HEADER_LENGTH, MAGIC } from './constants.ts'
import { CodecError, malformed } from './errors.ts'

/** What the header says about how the bytes behind it were made. */
export interface Stages {
  /** Id of the value stage, 1 to 15. */
  readonly value: number
  /** Id of the entropy stage, 0 to 15; 0 when there is none. */
  readonly entropy: number
  /** log2 of the values per block. */
  readonly blockExponent: number
}

/** Writes the header at the start of `out`. */
export function writeHeader(out: Uint8Array, stages: Stages, count: number): void {
  out[0] = MAGIC
  out[1] = FORMAT_VERSION
  out[2] = stages.value | (stages.entropy << 4)
  out[3] = stages.blockExponent
  new DataView(out.buffer, out.byteOffset, HEADER_LENGTH).setUint32(4, count, true)
}

/**
 * Checks that `bytes` begin as `count` values written by these stages do.
 *
 * @throws {CodecError} `MALFORMED`, `LENGTH_MISMATCH`
 */
export function checkHeader(bytes: Uint8Array, stages: Stages, count: number): void {
  if (bytes.length < HEADER_LENGTH) {
    throw malformed(`the header has ${HEADER_LENGTH} bytes, there are ${bytes.length}`)
  }
  if (bytes[0] !== MAGIC) throw malformed('the bytes do not begin with the magic byte of a codec')
  if (bytes[1] !== FORMAT_VERSION) {
    throw malformed(`the format has version ${bytes[1]}, this decoder reads ${FORMAT_VERSION}`)
  }
  if (bytes[2] !== (stages.value | (stages.entropy << 4)) || bytes[3] !== stages.blockExponent) {
    throw malformed(
      `another codec wrote the bytes (stages ${bytes[2]}, block exponent ${bytes[3]}); ` +
        'sender and receiver have to use the same'
    )
  }
  const encoded = new DataView(bytes.buffer, bytes.byteOffset, HEADER_LENGTH).getUint32(4, true)
  if (encoded !== count) {
    throw new CodecError(
      'LENGTH_MISMATCH',
      `the bytes hold ${encoded} values, the output array has room for exactly ${count}`,
      { encoded, expected: count }
    )
  }
}
