import { malformed } from '../errors.ts'

/*
 * The LZ4 block format, lz4/doc/lz4_Block_format.md: sequences of a token, literals,
 * an offset and the length of a match, the last one without a match.
 *
 * The decoder of lz4-wasm is unchecked but for its bounds, and is of before the repair
 * that refuses an offset of zero, which shows what its memory held before. So
 * every sequence is gone through here, at about four times the speed of decoding.
 */

const MIN_MATCH = 4
/** A length of this much in a token goes on in the bytes behind it. */
const CONTINUED = 15
const OFFSET_LENGTH = 2

/** Upper bound of the block of `length` bytes of content: what `LZ4_compressBound` computes. */
export function maxBlockLength(length: number): number {
  return length + Math.floor(length / 255) + 16
}

/**
 * Checks that `block` is one block of exactly `expected` bytes of content, all of whose
 * matches lie within that content.
 *
 * @throws {CodecError} `MALFORMED`
 */
export function checkBlock(block: Uint8Array, expected: number): void {
  let at = 0
  let made = 0
  while (at < block.length) {
    const token = block[at++]!
    let literals = token >>> 4
    if (literals === CONTINUED) {
      let more: number
      do {
        more = block[at++] ?? END
        literals += more
      } while (more === 255)
    }
    at += literals
    made += literals
    // also where a length was cut off: END has put `at` and `made` behind any end
    if (made > expected || at > block.length) break
    if (at === block.length) {
      if (made === expected) return
      break
    }
    const offset = block[at]! | ((block[at + 1] ?? 0) << 8)
    at += OFFSET_LENGTH
    if (offset === 0 || offset > made) throw malformed('a match of an LZ4 block has no source')
    let match = (token & CONTINUED) + MIN_MATCH
    if (match === CONTINUED + MIN_MATCH) {
      let more: number
      do {
        more = block[at++] ?? END
        match += more
      } while (more === 255)
    }
    made += match
    // the last sequence has no match, so something has to follow
    if (made > expected) break
  }
  throw malformed(`an LZ4 block does not hold ${expected} bytes`)
}

/** In place of a byte behind the end: more than any length, and not 255. */
const END = 2 ** 30
