import type { Hasher } from '@daa-compute/interface'

const WORDS = 8

/**
 * A hash function for simulations: 32 bytes, deterministic, some fifty times
 * cheaper than SHA-256 for short inputs and not made to resist anybody. Nobody in
 * a scenario looks for collisions, and chance finds none among this many bits.
 *
 * Each byte goes into all eight lanes by multiply-and-xor with the lane's own odd
 * constant; the lanes are mixed with MurmurHash3's finalizer (Appleby).
 */
export const quickHasher: Hasher = {
  name: 'quick-256',
  digestLength: 4 * WORDS,
  create() {
    let a = 0x9e3779b9
    let b = 0x243f6a88
    let length = 0
    return {
      update(bytes) {
        for (let i = 0; i < bytes.length; i++) {
          const byte = bytes[i] as number
          a = Math.imul(a ^ byte, 0x85ebca6b)
          a = (a << 13) | (a >>> 19)
          b = Math.imul(b + byte, 0xc2b2ae35) ^ a
        }
        length += bytes.length
      },
      digest() {
        const digest = new Uint8Array(4 * WORDS)
        for (let word = 0; word < WORDS; word++) {
          a = mix((a ^ length) + word)
          b = mix(b ^ a)
          const bits = word % 2 === 0 ? a : b
          // not by a view: a buffer for each digest costs more than the rest
          digest[4 * word] = bits >>> 24
          digest[4 * word + 1] = bits >>> 16
          digest[4 * word + 2] = bits >>> 8
          digest[4 * word + 3] = bits
        }
        return digest
      }
    }
  }
}

function mix(bits: number): number {
  let mixed = Math.imul(bits ^ (bits >>> 16), 0x85ebca6b)
  mixed = Math.imul(mixed ^ (mixed >>> 13), 0xc2b2ae35)
  return (mixed ^ (mixed >>> 16)) >>> 0
}
