import { FLOAT_LENGTH } from '../constants.ts'
import { SPARSE_BLOCK_VALUES, writeBlock } from './block.ts'
import { BAD_BLOCK, hasFiniteValues, keptAt, readPlaces } from './block-reader.ts'

/*
 * Blocks one behind the other, in the way in which `sparse`, `topk` and
 * `threshold` write what they keep: the values that are not kept are +0.
 */

/** Places of the kept values of one block; nothing stays in it between calls. */
const offsets = new Uint32Array(SPARSE_BLOCK_VALUES)

/**
 * Chooses what to keep of a block.
 *
 * @param values those of one block
 * @param start index of the first of them among all values
 * @param offsets takes the places in the block, ascending
 * @returns how many they are
 */
export type Chooser = (values: Float32Array, start: number, offsets: Uint32Array) => number

/** @returns how many bytes it wrote */
export function writeSparse(values: Float32Array, out: Uint8Array, choose: Chooser): number {
  const view = viewOf(out)
  let at = 0
  for (let start = 0; start < values.length; start += SPARSE_BLOCK_VALUES) {
    const block = values.subarray(start, start + SPARSE_BLOCK_VALUES)
    at = writeBlock(block, offsets, choose(block, start, offsets), view, at)
  }
  return at
}

/**
 * @param bytes hostile
 * @param limit of the values that may be kept
 * @returns what is wrong with them, or `undefined`
 */
export function checkSparse(bytes: Uint8Array, count: number, limit: number): string | undefined {
  const view = viewOf(bytes)
  let at = 0
  let total = 0
  for (let start = 0; start < count; start += SPARSE_BLOCK_VALUES) {
    const length = Math.min(SPARSE_BLOCK_VALUES, count - start)
    const values = readPlaces(view, at, length, offsets)
    if (values === BAD_BLOCK) return `the block at value ${start} is cut off or has wrong places`
    const kept = keptAt(view, at)
    if (!hasFiniteValues(view, values, kept)) {
      return `a value of the block at value ${start} is not finite`
    }
    total += kept
    at = values + FLOAT_LENGTH * kept
  }
  if (total > limit) return `${total} values are kept, the codec keeps ${limit} at most`
  return at === bytes.length ? undefined : `the blocks take ${at} of the ${bytes.length} bytes`
}

/** @param bytes in which {@link checkSparse} has found nothing wrong */
export function readSparse(bytes: Uint8Array, out: Float32Array): void {
  out.fill(0)
  forEachBlock(bytes, out, put, 1)
}

/**
 * Adds `factor` times the kept values; the others stay as they are.
 *
 * @param bytes in which {@link checkSparse} has found nothing wrong
 */
export function accumulateSparse(bytes: Uint8Array, out: Float32Array, factor: number): void {
  forEachBlock(bytes, out, add, factor)
}

/** What is done with the kept values of a block, whose places are in {@link offsets}. */
type BlockVisitor = (
  block: Float32Array,
  view: DataView,
  values: number,
  kept: number,
  factor: number
) => void

// not closures, so that each is compiled for itself whatever was called before

const put: BlockVisitor = (block, view, values, kept) => {
  for (let i = 0; i < kept; i++) {
    block[offsets[i]!] = view.getFloat32(values + FLOAT_LENGTH * i, true)
  }
}

const add: BlockVisitor = (block, view, values, kept, factor) => {
  for (let i = 0; i < kept; i++) {
    const offset = offsets[i]!
    const product = Math.fround(factor * view.getFloat32(values + FLOAT_LENGTH * i, true))
    block[offset] = block[offset]! + product
  }
}

function forEachBlock(
  bytes: Uint8Array,
  out: Float32Array,
  visit: BlockVisitor,
  factor: number
): void {
  const view = viewOf(bytes)
  let at = 0
  for (let start = 0; start < out.length; start += SPARSE_BLOCK_VALUES) {
    const block = out.subarray(start, start + SPARSE_BLOCK_VALUES)
    const values = readPlaces(view, at, block.length, offsets)
    const kept = keptAt(view, at)
    visit(block, view, values, kept, factor)
    at = values + FLOAT_LENGTH * kept
  }
}

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
}
