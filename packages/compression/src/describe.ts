import { ENTROPY_IDS, HEADER_LENGTH, VALUE_IDS } from './constants.ts'
import { readHeader } from './header.ts'

/** What encoded bytes say about themselves. */
export interface EncodedDescription {
  /** Kind of the value stage, `topk`; `undefined` for an id that this version does not know. */
  readonly value: string | undefined
  /** Kind of the entropy stage; `none` without one, `undefined` for an unknown id. */
  readonly entropy: string | undefined
  /** Number of values. */
  readonly count: number
  /** Bytes behind the header. */
  readonly bodyLength: number
}

/**
 * Reads the header of encoded bytes, without decoding them: for tools, and for
 * messages about peers that do not use the same codec.
 *
 * @throws {CodecError} `MALFORMED`
 */
export function describeEncoded(bytes: Uint8Array): EncodedDescription {
  const header = readHeader(bytes)
  return {
    value: nameOf(VALUE_IDS, header.value),
    entropy: header.entropy === 0 ? 'none' : nameOf(ENTROPY_IDS, header.entropy),
    count: header.count,
    bodyLength: bytes.length - HEADER_LENGTH
  }
}

function nameOf(ids: Readonly<Record<string, number>>, id: number): string | undefined {
  return Object.keys(ids).find((name) => ids[name] === id)
}
