import { INFINITY_BITS } from '../constants.ts'
import { requireRoom, requireThreshold } from '../fit.ts'
import { bitsOfFloat, bitsOfFloats } from '../float-bits.ts'
import type { Kernels } from '../kernels.ts'
import { findCut } from '../reference/cut.ts'
import { referenceKernels } from '../reference/kernels.ts'
import { takeAbove } from '../reference/select.ts'
import { type Engine, TILE_LENGTH } from './engine.ts'
import type { Engines } from './engines.ts'
import { operandOf } from './operand.ts'
import { type Limit, SAMPLE_SEEDS, sampleLimit } from './sample-limit.ts'

type SelectKernels = Pick<Kernels, 'selectTop' | 'selectAbove'>

/**
 * Selection by a threshold that a sample suggests: one pass collects what is above
 * it, a few more than wanted, and the exact choice is made among those. Where
 * samples mislead, counting, as the reference does it, takes over.
 */
export function createSelectKernels(engines: Engines): SelectKernels {
  return {
    selectTop(values, indices) {
      requireRoom(values, indices.length)
      if (indices.length === 0) return -1
      const engine = engines.of(values)
      for (const seed of SAMPLE_SEEDS) {
        const limit = sampleLimit(bitsOfFloats(values), indices.length, seed)
        if (limit === undefined) break
        const largest = selectBySample(engine, values, limit, indices)
        if (largest === undefined) continue
        // what is not finite is larger than the rest, so it is among the largest
        return largest < INFINITY_BITS ? -1 : referenceKernels.findNonFinite(values)
      }
      return selectByCount(engine, values, indices)
    },

    selectAbove(values, threshold, indices) {
      requireThreshold(threshold)
      const least = bitsOfFloat(threshold)
      return collect(engines.of(values), values, least, { indices, magnitudes: undefined }, true)
    }
  }
}

/**
 * Selects, if the sample was right.
 *
 * @returns bits of the largest magnitude, or a little less; `undefined` if it was not
 */
function selectBySample(
  engine: Engine,
  values: Float32Array,
  limit: Limit,
  indices: Uint32Array
): number | undefined {
  const count = indices.length
  const found = foundFor(limit.room)
  const length = collect(engine, values, limit.magnitude, found)
  if (length < count) return undefined
  if (length > limit.room) return selectTies(engine, values, limit, indices)
  return choose(found, length, indices)
}

/**
 * Selects where very many values have one and the same magnitude: those above it are
 * enough, or it is where the selection ends.
 *
 * @returns as {@link selectBySample}
 */
function selectTies(
  engine: Engine,
  values: Float32Array,
  { magnitude, room }: Limit,
  indices: Uint32Array
): number | undefined {
  const above = foundFor(room)
  const length = collect(engine, values, magnitude + 1, above)
  if (length > room) return undefined
  if (length >= indices.length) return choose(above, length, indices)
  takeAbove(bitsOfFloats(values), { magnitude, ties: indices.length - length }, indices)
  return above.magnitudes.subarray(0, length).reduce((a, b) => Math.max(a, b), magnitude)
}

/** Selects as the reference does, but collects what is above the cut as the loops do. */
function selectByCount(engine: Engine, values: Float32Array, indices: Uint32Array): number {
  const bits = bitsOfFloats(values)
  const cut = findCut(bits, indices.length)
  if (cut.largest >= INFINITY_BITS) return referenceKernels.findNonFinite(values)
  const found = foundFor(2 * indices.length)
  const length = collect(engine, values, cut.magnitude, found)
  if (length <= found.indices.length) choose(found, length, indices)
  else takeAbove(bits, cut, indices)
  return -1
}

/** Selects among what was found, which is no less than wanted. */
function choose(
  found: { indices: Uint32Array; magnitudes: Int32Array },
  length: number,
  indices: Uint32Array
): number {
  const count = indices.length
  const magnitudes = found.magnitudes.subarray(0, length)
  const { magnitude, ties, largest } = findCut(magnitudes, count)
  let left = ties
  for (let i = 0, taken = 0; taken < count; i++) {
    if (magnitudes[i]! > magnitude || (magnitudes[i] === magnitude && left-- > 0)) {
      indices[taken++] = found.indices[i]!
    }
  }
  return largest
}

function foundFor(room: number): { indices: Uint32Array; magnitudes: Int32Array } {
  return { indices: new Uint32Array(room), magnitudes: new Int32Array(room) }
}

interface Found {
  readonly indices: Uint32Array
  readonly magnitudes: Int32Array | undefined
}

/**
 * Collects the values whose magnitude is at least `least`, in tiles of which each
 * leaves index and magnitude of what it found in a slot.
 *
 * @param toTheEnd counts what there is no room for, instead of giving up
 * @returns how many there are; when more than there is room for, some number above that
 */
function collect(
  engine: Engine,
  values: Float32Array,
  least: number,
  found: Found,
  toTheEnd = false
): number {
  const { loops, slots } = engine
  const source = operandOf(engine, values, slots[0])
  const { pointer } = slots[1]
  const pairs = new Int32Array(engine.buffer, pointer, 2 * TILE_LENGTH)
  const room = found.indices.length
  let length = 0
  for (let start = 0; start < values.length; start += TILE_LENGTH) {
    const end = Math.min(start + TILE_LENGTH, values.length)
    const from = source.load(4 * start, 4 * end)
    const taken = loops.collectAbove(from, end - start, least, start, pointer)
    const fitting = Math.min(taken, Math.max(0, room - length))
    for (let i = 0; i < fitting; i++) {
      found.indices[length + i] = pairs[2 * i]!
      if (found.magnitudes !== undefined) found.magnitudes[length + i] = pairs[2 * i + 1]!
    }
    length += taken
    if (length > room && !toTheEnd) return length
  }
  return length
}
