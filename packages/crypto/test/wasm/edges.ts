/** Bytes that drive the limbs of a Poly1305 to their limits, by name. */
export const EDGES: Readonly<Record<string, (i: number) => number>> = {
  ones: () => 0xff,
  zeros: () => 0,
  'ones but for the first byte of a block': (i) => (i % 16 === 0 ? 0 : 0xff),
  'five less than all ones': (i) => (i % 16 === 0 ? 0xfb : 0xff),
  'every second bit': () => 0xaa,
  'only the last byte of a block': (i) => (i % 16 === 15 ? 0xff : 0),
  'ones and zeros in turn, by the block': (i) => ((i >> 4) & 1) * 0xff,
  'one in the first byte of a block': (i) => (i % 16 === 0 ? 1 : 0),
  'the upper half of each limb of 13 bits': (i) => halves(i, 0x1000),
  'all but the upper half of each limb': (i) => halves(i, 0x0fff)
}

/** A byte of a block all of whose limbs of 13 bits are the same. */
function halves(i: number, limb: number): number {
  let block = 0n
  for (let at = 0n; at < 128n; at += 13n) block |= BigInt(limb) << at
  return Number((block >> BigInt(8 * (i % 16))) & 0xffn)
}

const PRIME = 2n ** 130n - 5n
const CLAMP = 0x0ffffffc0ffffffc0ffffffc0fffffffn

function numberFrom(bytes: Uint8Array): bigint {
  return bytes.reduceRight((number, byte) => (number << 8n) | BigInt(byte), 0n)
}

/** Poly1305 as RFC 8439, section 2.5.1, writes it down; whole blocks only. */
export function poly1305(key: Uint8Array, message: Uint8Array): Uint8Array {
  const r = numberFrom(key.subarray(0, 16)) & CLAMP
  let sum = 0n
  for (let at = 0; at < message.length; at += 16) {
    sum = ((sum + numberFrom(message.subarray(at, at + 16)) + 2n ** 128n) * r) % PRIME
  }
  const tag = sum + numberFrom(key.subarray(16))
  return new Uint8Array(16).map((_, i) => Number((tag >> BigInt(8 * i)) & 0xffn))
}
