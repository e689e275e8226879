/**
 * Random numbers from a seed and a counter.
 *
 * @param counter an integer of 32 bits
 * @returns an unsigned integer of 32 bits
 */
export type CounterRandom = (counter: number) => number

/**
 * Numbers for a seed of 64 bits, part of the format: docs/codec-format.md.
 *
 * The seed is scattered over two keys by one step of splitmix64 (Steele et al.
 * 2014). A counter plus the first key goes through the mixing function "lowbias32"
 * (Wellons 2018), the result plus the second key again.
 */
export function createCounterRandom(seed: bigint): CounterRandom {
  const state = splitmix(seed)
  const first = Number(state & 0xffff_ffffn)
  const second = Number(state >> 32n)
  return (counter) => mix((mix((counter + first) | 0) + second) | 0) >>> 0
}

function splitmix(seed: bigint): bigint {
  let state = BigInt.asUintN(64, seed + 0x9e37_79b9_7f4a_7c15n)
  state = BigInt.asUintN(64, (state ^ (state >> 30n)) * 0xbf58_476d_1ce4_e5b9n)
  state = BigInt.asUintN(64, (state ^ (state >> 27n)) * 0x94d0_49bb_1331_11ebn)
  return state ^ (state >> 31n)
}

function mix(value: number): number {
  let bits = Math.imul(value ^ (value >>> 16), 0x7feb_352d)
  bits = Math.imul(bits ^ (bits >>> 15), 0x846c_a68b)
  return bits ^ (bits >>> 16)
}
