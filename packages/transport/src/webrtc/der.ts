/** The few kinds of values of ASN.1 that a certificate is made of, in DER (ITU-T X.690). */
export type DerTag =
  | 'boolean'
  | 'integer'
  | 'bits'
  | 'octets'
  | 'oid'
  | 'utf8'
  | 'utcTime'
  | 'time'
  | 'sequence'
  | 'set'
  | 'tagged0'
  | 'tagged1'
  | 'tagged3'

const TAGS: Readonly<Record<DerTag, number>> = {
  boolean: 0x01,
  integer: 0x02,
  bits: 0x03,
  octets: 0x04,
  oid: 0x06,
  utf8: 0x0c,
  utcTime: 0x17,
  time: 0x18,
  sequence: 0x30,
  set: 0x31,
  tagged0: 0xa0,
  tagged1: 0xa1,
  tagged3: 0xa3
}

/**
 * One value: its tag, its length and its contents, one after the other.
 *
 * @param contents of up to 64 KiB together: bytes as they are, text in UTF-8
 */
export function der(tag: DerTag, ...contents: readonly (Uint8Array | string)[]): Uint8Array {
  const parts = contents.map((part) =>
    typeof part === 'string' ? new TextEncoder().encode(part) : part
  )
  const length = parts.reduce((sum, { byteLength }) => sum + byteLength, 0)
  const header = [TAGS[tag], ...lengthOf(length)]
  const bytes = new Uint8Array(header.length + length)
  bytes.set(header)
  let at = header.length
  for (const part of parts) {
    bytes.set(part, at)
    at += part.byteLength
  }
  return bytes
}

/** Bits whose number is a multiple of eight, as all are here. */
export function derBits(bytes: Uint8Array): Uint8Array {
  return der('bits', Uint8Array.of(0), bytes)
}

/** @param hex contents of an object identifier, which are worked out by hand from its numbers */
export function derOid(hex: string): Uint8Array {
  return der('oid', Buffer.from(hex, 'hex'))
}

/** X.690, section 8.1.3. */
function lengthOf(length: number): number[] {
  if (length < 0x80) return [length]
  return length < 0x100 ? [0x81, length] : [0x82, length >> 8, length & 0xff]
}
