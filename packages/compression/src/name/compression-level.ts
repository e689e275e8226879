import { CodecError } from '../errors.ts'

/** Range of the one-number setting `compressionLevel`. */
const MAX_COMPRESSION_LEVEL = 9

/**
 * The codec for the one-number setting that 0 turns off and 9 turns up:
 * 0 is `float32`, and 1 to 9 are `int8+zstd:1` to `int8+zstd:9`. The README says
 * what else there is to choose from, by name.
 *
 * @throws {CodecError} `BAD_PARAMETER` when the level is not an integer of 0 to 9
 */
export function codecForCompressionLevel(level: number): string {
  if (!Number.isInteger(level) || level < 0 || level > MAX_COMPRESSION_LEVEL) {
    throw new CodecError(
      'BAD_PARAMETER',
      `a compression level is an integer of 0 to ${MAX_COMPRESSION_LEVEL}, got ${level}`,
      { name: 'compressionLevel', parameter: String(level) }
    )
  }
  return level === 0 ? 'float32' : `int8+zstd:${level}`
}
