import { FLOAT_LENGTH } from '../constants.ts'

/**
 * One block of at most 4,096 values of which a few are kept: how many there are
 * (16 bits), where they are, and their values as float32.
 *
 * The places are written in the shorter of two ways:
 *
 * - a bitmap, one bit per value, the lowest bit of a byte first;
 * - gaps, from each kept value to the one before, in one byte below 240 and in
 *   two up to 4,335, which is more than a block is long.
 *
 * Gaps of one byte are within 10% of the entropy of places at random where 1 in
 * 30 to 1 in 150 is kept. A block that is kept as a whole has no places.
 *
 * @module
 */

/** log2 of the values per block. Two bytes for the count and two-byte gaps both suffice for it. */
export const SPARSE_BLOCK_EXPONENT = 12
// a shift, because V8 makes the result of ** a float
export const SPARSE_BLOCK_VALUES: number = 1 << SPARSE_BLOCK_EXPONENT

/** Bytes of the count. */
export const COUNT_LENGTH = 2

/** Set in the count where the places are a bitmap. */
export const BITMAP_FLAG = 0x8000

/** The first byte of a gap from here on is one of two bytes. */
export const LONG_GAP = 240

/** Bytes of the bitmap of a block. */
export function bitmapLength(values: number): number {
  return (values + 7) >>> 3
}

/**
 * Upper bound of the bytes of all blocks of `count` values of which at most
 * `kept` are kept.
 */
export function maxSparseLength(count: number, kept: number): number {
  const blocks = Math.ceil(count / SPARSE_BLOCK_VALUES)
  // blocks of whole bytes but for the last one, so that the bitmaps add up
  const bitmaps = Math.ceil(count / 8)
  return COUNT_LENGTH * blocks + Math.min(bitmaps, 2 * kept) + FLOAT_LENGTH * kept
}

/**
 * Writes one block.
 *
 * @param values all values of the block
 * @param offsets where the kept ones are, ascending
 * @param kept how many of the offsets count
 * @returns the place behind what it wrote
 */
export function writeBlock(
  values: Float32Array,
  offsets: Uint32Array,
  kept: number,
  view: DataView,
  start: number
): number {
  let at = start + COUNT_LENGTH
  let flag = 0
  if (kept < values.length && kept > 0) {
    const bitmap = bitmapLength(values.length)
    if (kept >= bitmap || gapsLength(offsets, kept) >= bitmap) {
      flag = BITMAP_FLAG
      writeBitmap(offsets, kept, view, at, bitmap)
      at += bitmap
    } else {
      at = writeGaps(offsets, kept, view, at)
    }
  }
  view.setUint16(start, kept | flag, true)
  for (let i = 0; i < kept; i++, at += FLOAT_LENGTH) {
    view.setFloat32(at, values[offsets[i]!]!, true)
  }
  return at
}

function gapsLength(offsets: Uint32Array, kept: number): number {
  let length = kept
  let next = 0
  for (let i = 0; i < kept; i++) {
    const offset = offsets[i]!
    if (offset - next >= LONG_GAP) length++
    next = offset + 1
  }
  return length
}

function writeGaps(offsets: Uint32Array, kept: number, view: DataView, start: number): number {
  let at = start
  let next = 0
  for (let i = 0; i < kept; i++) {
    const offset = offsets[i]!
    const gap = offset - next
    next = offset + 1
    if (gap < LONG_GAP) {
      view.setUint8(at++, gap)
    } else {
      const rest = gap - LONG_GAP
      view.setUint8(at++, LONG_GAP + (rest >>> 8))
      view.setUint8(at++, rest & 0xff)
    }
  }
  return at
}

function writeBitmap(
  offsets: Uint32Array,
  kept: number,
  view: DataView,
  at: number,
  length: number
): void {
  for (let i = 0; i < length; i++) view.setUint8(at + i, 0)
  for (let i = 0; i < kept; i++) {
    const offset = offsets[i]!
    const byte = at + (offset >>> 3)
    view.setUint8(byte, view.getUint8(byte) | (1 << (offset & 7)))
  }
}
