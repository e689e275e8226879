import { INFINITY_BITS } from '../constants.ts'
import { requireRoom, requireThreshold } from '../fit.ts'
import { bitsOfFloat, bitsOfFloats } from '../float-bits.ts'
import type { Kernels } from '../kernels.ts'
import { findCut } from '../reference/cut.ts'
import { referenceKernels } from '../reference/kernels.ts'
import { type Engine, TILE_LENGTH } from './engine.ts'
import type { Engines } from './engines.ts'
import { operandOf } from './operand.ts'
import { sampleLimit } from './sample-limit.ts'

type SelectKernels = Pick<Kernels, 'selectTop' | 'selectAbove'>

/**
 * Selection by a threshold that a sample suggests: one pass collects what is above
 * it, a few more than wanted, and the exact choice is made among those. Where the
 * sample was misleading, so that they are too few or far too many, counting, as the
 * reference does it, takes over: all in all at most three passes and a half.
 */
export function createSelectKernels(engines: Engines): SelectKernels {
  return {
    selectTop(values, indices) {
      requireRoom(values, indices.length)
      const count = indices.length
      if (count === 0) return -1
      const limit = sampleLimit(bitsOfFloats(values), count)
      if (limit === undefined) return referenceKernels.selectTop(values, indices)

      const found = { indices: new Uint32Array(limit.room), magnitudes: new Int32Array(limit.room) }
      const length = collect(engines.of(values), values, limit.magnitude, found)
      if (length < count || length > limit.room) return referenceKernels.selectTop(values, indices)
      const magnitudes = found.magnitudes.subarray(0, length)
      const cut = findCut(magnitudes, count)
      // what is not finite is larger than the rest, so it is among the largest
      if (cut.largest >= INFINITY_BITS) return referenceKernels.findNonFinite(values)
      let { ties } = cut
      for (let i = 0, taken = 0; taken < count; i++) {
        const magnitude = magnitudes[i]!
        if (magnitude > cut.magnitude || (magnitude === cut.magnitude && ties-- > 0)) {
          indices[taken++] = found.indices[i]!
        }
      }
      return -1
    },

    selectAbove(values, threshold, indices) {
      requireThreshold(threshold)
      const least = bitsOfFloat(threshold)
      return collect(engines.of(values), values, least, { indices, magnitudes: undefined }, true)
    }
  }
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
