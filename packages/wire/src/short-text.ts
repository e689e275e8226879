/** Longest text that is remembered, in bytes: peer ids and hashes are shorter. */
const MAX_LENGTH = 128

/** Texts remembered; a power of two. */
const SLOTS = 1024

/** Each in the slot of its hash, until another takes that. */
const known: (string | undefined)[] = Array.from({ length: SLOTS }, () => undefined)

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

/**
 * Decodes UTF-8. What peers say of each other are the same few names in every
 * message, so a short text of ASCII is looked up before it is made: to find it costs a
 * tenth of a `TextDecoder`, and text that is the same string compares, and keys a `Map`,
 * at the cost of a pointer. Whoever sends ever new text fills a table of this size, no more.
 *
 * @throws {TypeError} when the bytes are not valid UTF-8
 */
export function decodeText(bytes: Uint8Array, start: number, end: number): string {
  if (end - start > MAX_LENGTH) return utf8.decode(bytes.subarray(start, end))
  let hash = end - start
  for (let i = start; i < end; i++) {
    const byte = bytes[i] as number
    if (byte > 0x7f) return utf8.decode(bytes.subarray(start, end))
    // FNV-1a
    hash = Math.imul(hash ^ byte, 0x01000193)
  }
  const slot = (hash ^ (hash >>> 16)) & (SLOTS - 1)
  const remembered = known[slot]
  if (remembered !== undefined && isText(remembered, bytes, start, end)) return remembered
  const text = utf8.decode(bytes.subarray(start, end))
  known[slot] = text
  return text
}

function isText(text: string, bytes: Uint8Array, start: number, end: number): boolean {
  if (text.length !== end - start) return false
  for (let i = start; i < end; i++) if (text.charCodeAt(i - start) !== bytes[i]) return false
  return true
}
