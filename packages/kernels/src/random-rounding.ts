/*
 * Rounding by chance: a value between two codes goes to either, the more often
 * the nearer it is, by a number that depends on the seed and its index only. So
 * any piece of an array can be rounded on its own, in any order.
 */

/** What a seed comes to. */
export interface RoundingKeys {
  readonly first: number
  readonly second: number
}

/** Golden ratio, as splitmix64 (Steele et al. 2014) steps by it. */
const GOLDEN = 0x9e37_79b9_7f4a_7c15n

/**
 * Scatters a seed over two keys, so that neighbouring seeds, which callers tend to
 * have, have nothing in common: the finalizer of splitmix64.
 */
export function keysOf(seed: bigint): RoundingKeys {
  let state = BigInt.asUintN(64, seed + GOLDEN)
  state = BigInt.asUintN(64, (state ^ (state >> 30n)) * 0xbf58_476d_1ce4_e5b9n)
  state = BigInt.asUintN(64, (state ^ (state >> 27n)) * 0x94d0_49bb_1331_11ebn)
  state ^= state >> 31n
  return { first: Number(state & 0xffff_ffffn), second: Number(state >> 32n) }
}

/**
 * 32 bits for two neighbouring values: the lower 16 are those of the even index. Two
 * rounds of multiplying and shifting, each started from one of the keys; the
 * constants are those of Wellons' "lowbias32" (2018), which were searched for the
 * least bias.
 *
 * @param pair half of the index of the value, rounded down
 */
export function randomBits(pair: number, { first, second }: RoundingKeys): number {
  let bits = (pair + first) | 0
  bits = Math.imul(bits ^ (bits >>> 16), 0x7feb_352d)
  bits = Math.imul(bits ^ (bits >>> 15), 0x846c_a68b)
  bits = (bits ^ (bits >>> 16)) + second
  bits = Math.imul(bits ^ (bits >>> 16), 0x7feb_352d)
  bits = Math.imul(bits ^ (bits >>> 15), 0x846c_a68b)
  return bits ^ (bits >>> 16)
}

/** Half of a step of 2^-16: the middle of the interval that 16 bits stand for. */
const HALF_STEP = 2 ** -17

/**
 * Rounds a quotient to one of its neighbours.
 *
 * The threshold has 17 bits: added to a whole number up to 127 it is a float32
 * exactly and less than 1 more, so that whole numbers stay what they are.
 *
 * @param quotient a float32
 * @param bits of which the lower 16 count
 */
export function roundByChance(quotient: number, bits: number, codeMax: number): number {
  const threshold = (bits & 0xffff) / 65_536 + HALF_STEP
  const code = Math.floor(Math.fround(quotient + threshold))
  return code > codeMax ? codeMax : code < -codeMax ? -codeMax : code
}
