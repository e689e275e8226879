import type { Kernels } from '@daa-compute/kernels'

import { FLOAT_LENGTH, VALUE_IDS } from '../constants.ts'
import { findNonFiniteBytes } from '../finite-bytes.ts'
import { keptCount } from '../kept-count.ts'
import { createCounterRandom } from '../random-numbers.ts'
import type { ValueStage } from '../value-stage.ts'
import { refuseNonFinite } from './non-finite.ts'
import { forEachRandomPlace } from './random-places.ts'

/** Bytes of the seed in front of the values. */
const SEED_LENGTH = 8

/**
 * Keeps values by chance: the seed, from which decoders find the places, and the
 * kept values as float32 (Stich et al. 2018). The others become 0. What is kept is
 * not scaled up, so that the residual of error feedback shrinks; on average, what
 * comes back is the fraction of the values.
 */
export function createRandomkStage(name: string, fraction: number, kernels: Kernels): ValueStage {
  const encodedLength = (count: number): number =>
    count === 0 ? 0 : SEED_LENGTH + FLOAT_LENGTH * keptCount(fraction, count)

  function forEachKept(
    bytes: Uint8Array,
    count: number,
    visit: (place: number, value: number) => void
  ): void {
    if (count === 0) return
    const seed = new DataView(bytes.buffer, bytes.byteOffset).getBigUint64(0, true)
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
    forEachRandomPlace(
      count,
      keptCount(fraction, count),
      createCounterRandom(seed),
      (place, index) => {
        visit(place, view.getFloat32(SEED_LENGTH + FLOAT_LENGTH * index, true))
      }
    )
  }

  return {
    name,
    id: VALUE_IDS.randomk,
    blockExponent: 0,
    lossless: false,
    maxEncodedLength: encodedLength,
    encode(values, out, seed) {
      refuseNonFinite(kernels, values)
      if (values.length === 0) return 0
      const view = new DataView(out.buffer, out.byteOffset, out.byteLength)
      view.setBigUint64(0, seed, true)
      const kept = keptCount(fraction, values.length)
      forEachRandomPlace(values.length, kept, createCounterRandom(seed), (place, index) => {
        view.setFloat32(SEED_LENGTH + FLOAT_LENGTH * index, values[place]!, true)
      })
      return encodedLength(values.length)
    },
    check(bytes, count) {
      const expected = encodedLength(count)
      if (bytes.length !== expected) {
        return `${count} values take ${expected} bytes behind the header, not ${bytes.length}`
      }
      const index = findNonFiniteBytes(kernels, bytes.subarray(SEED_LENGTH))
      return index < 0 ? undefined : `kept value ${index} is not finite`
    },
    decode(bytes, out) {
      out.fill(0)
      forEachKept(bytes, out.length, (place, value) => {
        out[place] = value
      })
    },
    accumulate(bytes, out, factor) {
      forEachKept(bytes, out.length, (place, value) => {
        out[place] = out[place]! + Math.fround(factor * value)
      })
    }
  }
}
