/** Bytes of one piece: whole blocks of int8 with their scales, and room for matches of some length. */
const PIECE_LENGTH = 4096

/** Pieces of a tile: 32 KiB of 1 MiB, so that looking costs a few percent of compressing. */
const PIECES = 8

/**
 * Copies pieces that lie evenly over `bytes`, the first and the last among them; all of
 * `bytes` if they are no more than that.
 *
 * @param into at least {@link SAMPLE_LENGTH} bytes
 * @returns the part of `into` that was filled, or `bytes`
 */
export function sampleOf(bytes: Uint8Array, into: Uint8Array): Uint8Array {
  if (bytes.length <= SAMPLE_LENGTH) return bytes
  const stride = (bytes.length - PIECE_LENGTH) / (PIECES - 1)
  for (let piece = 0; piece < PIECES; piece++) {
    const start = Math.floor(piece * stride)
    into.set(bytes.subarray(start, start + PIECE_LENGTH), piece * PIECE_LENGTH)
  }
  return into.subarray(0, SAMPLE_LENGTH)
}

/** Bytes of a sample at most. */
export const SAMPLE_LENGTH: number = PIECES * PIECE_LENGTH
