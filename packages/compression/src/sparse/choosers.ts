import { bitsOfFloats, type Kernels } from '@daa-compute/kernels'

import { nonFinite } from '../errors.ts'
import { refuseNonFinite } from '../stages/non-finite.ts'
import type { Chooser } from './sparse-layout.ts'

/*
 * What `sparse`, `threshold` and `topk` keep. All of them throw NON_FINITE before
 * the first block is written.
 */

/** Keeps what is not +0: nothing is lost, -0 included. */
export function chooseNonZero(kernels: Kernels, values: Float32Array): Chooser {
  refuseNonFinite(kernels, values)
  return (block, _start, offsets) => {
    const bits = bitsOfFloats(block)
    let kept = 0
    for (let i = 0; i < bits.length; i++) {
      offsets[kept] = i
      // 1 but for 0, without a branch that half of the values would surprise
      kept += (bits[i]! | -bits[i]!) >>> 31
    }
    return kept
  }
}

/** Keeps magnitudes of at least `limit`, which is above zero as a float32. */
export function chooseFrom(kernels: Kernels, values: Float32Array, limit: number): Chooser {
  refuseNonFinite(kernels, values)
  return (block, _start, offsets) => kernels.selectAbove(block, limit, offsets)
}

/** Keeps the `kept` largest magnitudes but for zeros; of equal ones those of lower index. */
export function chooseLargest(kernels: Kernels, values: Float32Array, kept: number): Chooser {
  const indices = new Uint32Array(kept)
  const fault = kernels.selectTop(values, indices)
  if (fault >= 0) throw nonFinite(fault, values[fault]!)
  let next = 0
  return (block, start, offsets) => {
    const end = start + block.length
    let found = 0
    for (; next < kept && indices[next]! < end; next++) {
      const offset = indices[next]! - start
      if (block[offset] !== 0) offsets[found++] = offset
    }
    return found
  }
}
