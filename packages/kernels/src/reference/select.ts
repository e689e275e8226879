import { INFINITY_BITS, MAGNITUDE } from '../constants.ts'
import { requireRoom, requireThreshold } from '../fit.ts'
import { bitsOfFloat, bitsOfFloats } from '../float-bits.ts'
import { type Cut, findCut } from './cut.ts'
import { findNonFinite } from './vector.ts'

export function selectTop(values: Float32Array, indices: Uint32Array): number {
  requireRoom(values, indices.length)
  if (indices.length === 0) return -1
  const bits = bitsOfFloats(values)
  const cut = findCut(bits, indices.length)
  // what is not finite is larger than the rest, so it is among the largest
  if (cut.largest >= INFINITY_BITS) return findNonFinite(values)
  takeAbove(bits, cut, indices)
  return -1
}

/** Writes the indices of the magnitudes above the cut and of the first that equal it. */
export function takeAbove(
  bits: Int32Array,
  cut: Pick<Cut, 'magnitude' | 'ties'>,
  indices: Uint32Array
): void {
  let { ties } = cut
  for (let i = 0, taken = 0; taken < indices.length; i++) {
    const magnitude = bits[i]! & MAGNITUDE
    if (magnitude > cut.magnitude || (magnitude === cut.magnitude && ties-- > 0)) {
      indices[taken++] = i
    }
  }
}

export function selectAbove(values: Float32Array, threshold: number, indices: Uint32Array): number {
  requireThreshold(threshold)
  const bits = bitsOfFloats(values)
  const least = bitsOfFloat(threshold)
  let found = 0
  for (let i = 0; i < bits.length; i++) {
    if ((bits[i]! & MAGNITUDE) >= least) {
      if (found < indices.length) indices[found] = i
      found++
    }
  }
  return found
}
