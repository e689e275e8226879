/** Length of every digest of the protocol, in bytes. */
export const DIGEST_LENGTH = 32

const HEX: readonly string[] = Array.from({ length: 256 }, (_, byte) =>
  byte.toString(16).padStart(2, '0')
)

/** Longest bytes that are remembered: digests and signatures are no longer. */
const MAX_LENGTH = 64

/** Bytes remembered; a power of two. */
const SLOTS = 1024

/** Bytes, and what they are in hexadecimal once somebody has asked. */
interface Known {
  readonly bytes: Uint8Array
  text: string | undefined
}

/** Each in the slot of its hash, until others take that. */
const known: (Known | undefined)[] = Array.from({ length: SLOTS }, () => undefined)

/** A digest in hexadecimal: the same string each time, as long as it is remembered. */
export function toHex(bytes: Uint8Array): string {
  if (bytes.length > MAX_LENGTH) return hexOf(bytes)
  const one = remember(bytes)
  return (one.text ??= hexOf(one.bytes))
}

/**
 * Bytes of their own with the same contents, for a message outlives the frame it came
 * in. They are shared by all who ask, and not to be changed: members tell each other
 * the same few digests again and again, and memory for each costs more than to read it.
 */
export function keep(bytes: Uint8Array): Uint8Array {
  return bytes.length > MAX_LENGTH ? bytes.slice() : remember(bytes).bytes
}

/** Whether two digests are the same bytes. */
export function sameDigest(a: Uint8Array, b: Uint8Array): boolean {
  if (a === b) return true
  if (a.length !== b.length) return false
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return false
  return true
}

function remember(bytes: Uint8Array): Known {
  const { length } = bytes
  let hash = length
  // any few bytes of a digest tell it from others
  const end = Math.min(length, 8)
  for (let i = 0; i < end; i++) hash = Math.imul(hash ^ (bytes[i] as number), 0x01000193)
  const slot = (hash ^ (hash >>> 16)) & (SLOTS - 1)
  const one = known[slot]
  if (one !== undefined && sameDigest(one.bytes, bytes)) return one
  const other = { bytes: bytes.slice(), text: undefined }
  known[slot] = other
  return other
}

function hexOf(bytes: Uint8Array): string {
  let text = ''
  for (const byte of bytes) text += HEX[byte]
  return text
}
