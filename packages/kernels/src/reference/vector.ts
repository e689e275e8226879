import { INFINITY_BITS, MAGNITUDE } from '../constants.ts'
import { requireBlockLength, requireRoom, requireSameLength } from '../fit.ts'
import { bitsOfFloats } from '../float-bits.ts'
import { peakBits } from './blocks.ts'

export function add(target: Float32Array, values: Float32Array): void {
  requireSameLength(target, values)
  for (let i = 0; i < target.length; i++) target[i] = target[i]! + values[i]!
}

export function scaledAdd(target: Float32Array, values: Float32Array, factor: number): void {
  requireSameLength(target, values)
  const rounded = Math.fround(factor)
  for (let i = 0; i < target.length; i++) {
    target[i] = target[i]! + Math.fround(rounded * values[i]!)
  }
}

export function blockMaxAbs(values: Float32Array, blockLength: number, out: Float32Array): void {
  requireBlockLength(blockLength)
  requireRoom(out, Math.ceil(values.length / blockLength))
  const bits = bitsOfFloats(values)
  const peaks = bitsOfFloats(out)
  for (let start = 0, block = 0; start < values.length; start += blockLength, block++) {
    peaks[block] = peakBits(bits, start, Math.min(start + blockLength, values.length))
  }
}

/** Values per question: long enough to make it cheap, short enough to stay in the cache. */
const STRIDE = 1024

/**
 * Adding one unit of exponent to an exponent of all ones carries into the sign,
 * so that one OR per value collects the answer for many, and no comparison is
 * needed until there is something to find.
 */
export function findNonFinite(values: Float32Array): number {
  const bits = bitsOfFloats(values)
  for (let start = 0; start < bits.length; start += STRIDE) {
    const end = Math.min(start + STRIDE, bits.length)
    let collected = 0
    for (let i = start; i < end; i++) collected |= (bits[i]! & INFINITY_BITS) + 0x0080_0000
    if (collected < 0) {
      let index = start
      while ((bits[index]! & MAGNITUDE) < INFINITY_BITS) index++
      return index
    }
  }
  return -1
}
