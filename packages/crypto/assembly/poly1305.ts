import { makeTable, multiplyAndAdd, unpackSum } from './multiply'
import { BLOCKS, FOURTH_POWER, LIMBS, NEXT_ENDS, PAD, POWERS, SUM, TAG } from './state'

/** Bytes of the accumulators. */
const SUM_LENGTH: usize = 5 * 16

/** Where the powers of r are put together. */
const MIXED: usize = BLOCKS + 64

/** The bit behind the 128 of a block, as multiplyAndAdd wants it. */
const BLOCK_END: i32 = 1 << 24

const LIMB: i64 = 0x3ff_ffff

/**
 * Takes the key of RFC 8439, section 2.5, from BLOCKS and leaves zeros there.
 *
 * @param skipped blocks that the first four have too many: they have to be zero
 */
export function setAuthenticator(skipped: i32): void {
  v128.store(PAD, v128.load(BLOCKS, 16))
  const r = v128.and(v128.load(BLOCKS), i32x4(0x0fff_ffff, 0x0fff_fffc, 0x0fff_fffc, 0x0fff_fffc))
  for (let i: usize = 0; i < 64; i += 16) v128.store(BLOCKS + i, r)
  memory.fill(SUM, 0, SUM_LENGTH)
  // nothing times whatever, and r
  multiply(FOURTH_POWER)
  memory.fill(BLOCKS, 0, 256)
  memory.copy(MIXED, SUM, SUM_LENGTH)
  unpackSum()
  makeTable(POWERS)
  for (let power: i32 = 2; power <= 4; power++) {
    multiply(POWERS)
    const lanes = i32x4.lt_s(i32x4(0, 1, 2, 3), i32x4.splat(5 - power))
    for (let i: usize = 0; i < SUM_LENGTH; i += 16) {
      v128.store(MIXED + i, v128.bitselect(v128.load(SUM + i), v128.load(MIXED + i), lanes))
    }
  }
  unpackSum()
  makeTable(FOURTH_POWER)
  memory.copy(SUM, MIXED, SUM_LENGTH)
  unpackSum()
  makeTable(POWERS)
  memory.fill(SUM, 0, SUM_LENGTH)
  memory.fill(MIXED, 0, SUM_LENGTH)
  const isThere = i32x4.ge_s(i32x4(0, 1, 2, 3), i32x4.splat(skipped))
  v128.store(NEXT_ENDS, v128.and(isThere, i32x4.splat(BLOCK_END)))
}

/** Takes in blocks of 16 bytes, four at a time. */
export function absorb(from: usize, length: usize): void {
  const ends = i32x4.splat(BLOCK_END)
  multiplyAndAdd(FOURTH_POWER, from, from + length, v128.load(NEXT_ENDS), ends)
  v128.store(NEXT_ENDS, ends)
}

/** The accumulators times a table's numbers, and what is in BLOCKS. */
function multiply(table: usize): void {
  multiplyAndAdd(table, BLOCKS, BLOCKS + 64, i32x4.splat(0), i32x4.splat(0))
}

/** Writes the tag. */
export function finish(): void {
  multiply(POWERS)
  unpackSum()
  let h0 = twoLimbs(0)
  let h1 = twoLimbs(1)
  let h2 = twoLimbs(2)
  let h3 = twoLimbs(3)
  let h4 = twoLimbs(4)
  // the last of them has no carry any more
  for (let pass = 0; pass < 3; pass++) {
    h1 += h0 >> 26
    h0 &= LIMB
    h2 += h1 >> 26
    h1 &= LIMB
    h3 += h2 >> 26
    h2 &= LIMB
    h4 += h3 >> 26
    h3 &= LIMB
    h0 += 5 * (h4 >> 26)
    h4 &= LIMB
  }
  // less 2¹³⁰ - 5, if there is as much
  const g0 = h0 + 5
  const g1 = h1 + (g0 >> 26)
  const g2 = h2 + (g1 >> 26)
  const g3 = h3 + (g2 >> 26)
  const g4 = h4 + (g3 >> 26)
  const mask = -(g4 >> 26)
  h0 = (h0 & ~mask) | (g0 & LIMB & mask)
  h1 = (h1 & ~mask) | (g1 & LIMB & mask)
  h2 = (h2 & ~mask) | (g2 & LIMB & mask)
  h3 = (h3 & ~mask) | (g3 & LIMB & mask)
  h4 = (h4 & ~mask) | (g4 & LIMB & mask)
  const low = <u64>(h0 | (h1 << 26) | (h2 << 52))
  const high = <u64>((h2 >> 12) | (h3 << 14) | (h4 << 40))
  const sum = low + load<u64>(PAD)
  store<u64>(TAG, sum)
  store<u64>(TAG, high + load<u64>(PAD, 8) + <u64>(sum < low), 8)
}

/** Two limbs of the sum of all four accumulators. */
function twoLimbs(j: usize): i64 {
  return sumOf(LIMBS + (j << 5)) + (sumOf(LIMBS + (j << 5) + 16) << 13)
}

function sumOf(lanes: usize): i64 {
  return (
    <i64>load<i32>(lanes) +
    <i64>load<i32>(lanes, 4) +
    <i64>load<i32>(lanes, 8) +
    <i64>load<i32>(lanes, 12)
  )
}
