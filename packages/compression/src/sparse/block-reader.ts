import { FLOAT_LENGTH, INFINITY_BITS } from '../constants.ts'
import { BITMAP_FLAG, bitmapLength, COUNT_LENGTH, LONG_GAP } from './block.ts'

/** What {@link readPlaces} returns for a block that no encoder has written. */
export const BAD_BLOCK = -1

/** How many values the block at `at` keeps, if {@link readPlaces} takes it for sound. */
export function keptAt(view: DataView, at: number): number {
  return view.getUint16(at, true) & (BITMAP_FLAG - 1)
}

/**
 * Finds where the kept values of a block are, checking all that it reads.
 *
 * @param view hostile bytes
 * @param start of the block, not beyond the end of the bytes
 * @param length values of the block, 1 to 4,096
 * @param offsets takes the places, ascending; room for `length`
 * @returns where the values of the block begin, all of them before the end of the
 * bytes; or {@link BAD_BLOCK}
 */
export function readPlaces(
  view: DataView,
  start: number,
  length: number,
  offsets: Uint32Array
): number {
  const at = start + COUNT_LENGTH
  if (at > view.byteLength) return BAD_BLOCK
  const bitmap = (view.getUint16(start, true) & BITMAP_FLAG) !== 0
  const kept = keptAt(view, start)
  if (kept > length) return BAD_BLOCK
  const end = view.byteLength - FLOAT_LENGTH * kept
  let values = at
  if (kept === length) {
    if (bitmap) return BAD_BLOCK
    for (let i = 0; i < kept; i++) offsets[i] = i
  } else if (bitmap) {
    values = readBitmap(view, at, end, length, kept, offsets)
  } else {
    values = readGaps(view, at, end, length, kept, offsets)
  }
  return values > end ? BAD_BLOCK : values
}

/** Whether all values of a block are finite. */
export function hasFiniteValues(view: DataView, at: number, kept: number): boolean {
  const end = at + FLOAT_LENGTH * kept
  for (let i = at; i < end; i += FLOAT_LENGTH) {
    if ((view.getUint32(i, true) & INFINITY_BITS) === INFINITY_BITS) return false
  }
  return true
}

function readGaps(
  view: DataView,
  start: number,
  end: number,
  length: number,
  kept: number,
  offsets: Uint32Array
): number {
  let at = start
  let offset = -1
  for (let i = 0; i < kept; i++) {
    if (at >= end) return BAD_BLOCK
    let gap = view.getUint8(at++)
    if (gap >= LONG_GAP) {
      if (at >= end) return BAD_BLOCK
      gap = LONG_GAP + ((gap - LONG_GAP) << 8) + view.getUint8(at++)
    }
    offset += gap + 1
    if (offset >= length) return BAD_BLOCK
    offsets[i] = offset
  }
  return at
}

function readBitmap(
  view: DataView,
  start: number,
  end: number,
  length: number,
  kept: number,
  offsets: Uint32Array
): number {
  const bytes = bitmapLength(length)
  if (start + bytes > end) return BAD_BLOCK
  let found = 0
  for (let i = 0; i < bytes; i++) {
    const bits = view.getUint8(start + i)
    // all eight, so that no branch depends on chance: what is not set is written over
    for (let bit = 0; bit < 8; bit++) {
      offsets[found] = 8 * i + bit
      found += (bits >>> bit) & 1
    }
  }
  const last = found === 0 ? 0 : offsets[found - 1]!
  return found === kept && last < length ? start + bytes : BAD_BLOCK
}
