import { INT4_MAX } from '../constants.ts'
import { randomBits, roundByChance } from '../random-rounding.ts'
import { type CodeLoops, ROUNDER } from './code-loops.ts'

/** Two codes per byte, the first in the lower half; an odd last one is alone with zeros. */
export const int4Loops: CodeLoops = {
  round(values, start, end, scale, out, at) {
    for (let i = start, to = at; i < end; i += 2, to++) {
      const low = values[i]! / scale + ROUNDER - ROUNDER
      const high = i + 1 < end ? values[i + 1]! / scale + ROUNDER - ROUNDER : 0
      out[to] = (low & 15) | (high << 4)
    }
  },

  roundByChance(values, start, end, scale, keys, out, at) {
    for (let i = start, to = at; i < end; i += 2, to++) {
      const bits = randomBits(i >>> 1, keys)
      const low = roundByChance(Math.fround(values[i]! / scale), bits, INT4_MAX)
      const high =
        i + 1 < end ? roundByChance(Math.fround(values[i + 1]! / scale), bits >>> 16, INT4_MAX) : 0
      out[to] = (low & 15) | (high << 4)
    }
  },

  largest(bytes, at, count) {
    let largest = 0
    for (let i = 0; i < count; i++) {
      largest = Math.max(largest, Math.abs(codeAt(bytes, at, i)))
    }
    return largest
  },

  multiply(bytes, at, scale, out, start, end) {
    for (let i = start; i < end; i++) out[i] = codeAt(bytes, at, i - start) * scale
  },

  accumulate(bytes, at, scale, factor, out, start, end) {
    for (let i = start; i < end; i++) {
      const value = Math.fround(codeAt(bytes, at, i - start) * scale)
      out[i] = out[i]! + Math.fround(factor * value)
    }
  }
}

/** The two's complement of half a byte. */
function codeAt(bytes: Uint8Array, at: number, index: number): number {
  return (bytes[at + (index >>> 1)]! << (28 - ((index & 1) << 2))) >> 28
}
