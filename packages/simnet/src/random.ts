import type { Random } from '@daa-compute/interface'

/** 2⁻⁵³: the distance of neighbouring doubles below one, and so of values of `next`. */
const ULP = 2 ** -53

/**
 * A seeded generator: xoshiro128** 1.1 (Blackman and Vigna, "Scrambled linear pseudorandom number
 * generators", 2021), which needs 32-bit integers only and so is the same, and fast, everywhere.
 * Not for secrets.
 *
 * The stream is named by text. Streams of different names are independent: whoever draws from one
 * changes no other.
 */
export function createRandom(stream: string): Random {
  return createGenerator(hash128(stream))
}

/** The generator from a state of four words that are not all zero. */
export function createGenerator(state: readonly [number, number, number, number]): Random {
  let [a, b, c, d] = state

  function word(): number {
    const scrambled = Math.imul(b, 5)
    const result = Math.imul((scrambled << 7) | (scrambled >>> 25), 9) >>> 0
    const shifted = b << 9
    c ^= a
    d ^= b
    b ^= c
    a ^= d
    c ^= shifted
    d = (d << 11) | (d >>> 21)
    return result
  }

  return {
    fill(bytes) {
      // byte by byte from the low end, so that the machine's byte order does not show
      for (let index = 0; index < bytes.length;) {
        let bits = word()
        for (const end = Math.min(index + 4, bytes.length); index < end; index++) {
          bytes[index] = bits
          bits >>>= 8
        }
      }
      return bytes
    },
    next() {
      const high = word() >>> 5
      const low = word() >>> 6
      return (high * 2 ** 26 + low) * ULP
    }
  }
}

/**
 * Spreads a text over the four words of a state: each lane takes in every character by
 * multiply-and-xor with its own odd constant, then all are mixed into each other by the finalizer
 * of MurmurHash3 (Appleby), in which every input bit changes about half of the output's.
 */
function hash128(text: string): [number, number, number, number] {
  const lanes: [number, number, number, number] = [0x9e3779b9, 0x243f6a88, 0xb7e15162, 0x6a09e667]
  const factors = [0x85ebca6b, 0xc2b2ae35, 0x27d4eb2f, 0x165667b1] as const
  for (let index = 0; index < text.length; index++) {
    const unit = text.charCodeAt(index)
    for (let lane = 0; lane < 4; lane++) {
      const mixed = Math.imul(lanes[lane]! ^ unit, factors[lane]!)
      lanes[lane] = (mixed << 13) | (mixed >>> 19)
    }
  }
  let carry = text.length
  for (let turn = 0; turn < 8; turn++) {
    const lane = turn & 3
    carry = finalize((lanes[lane]! + carry) | 0)
    lanes[lane] = carry
  }
  // the one state the generator cannot leave
  if ((lanes[0] | lanes[1] | lanes[2] | lanes[3]) === 0) lanes[0] = 1
  return lanes
}

function finalize(bits: number): number {
  bits = Math.imul(bits ^ (bits >>> 16), 0x85ebca6b)
  bits = Math.imul(bits ^ (bits >>> 13), 0xc2b2ae35)
  return bits ^ (bits >>> 16)
}
