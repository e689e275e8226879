import { INT8_MAX } from '../constants.ts'
import { randomBits, roundByChance } from '../random-rounding.ts'
import { type CodeLoops, ROUNDER } from './code-loops.ts'

/** One signed byte per code. */
export const int8Loops: CodeLoops = {
  round(values, start, end, scale, out, at) {
    const shift = at - start
    for (let i = start; i < end; i++) out[i + shift] = values[i]! / scale + ROUNDER - ROUNDER
  },

  roundByChance(values, start, end, scale, keys, out, at) {
    const shift = at - start
    for (let i = start; i < end; i++) {
      const bits = randomBits(i >>> 1, keys) >>> ((i & 1) << 4)
      out[i + shift] = roundByChance(Math.fround(values[i]! / scale), bits, INT8_MAX)
    }
  },

  largest(bytes, at, count) {
    let largest = 0
    for (let i = at; i < at + count; i++) largest = Math.max(largest, Math.abs(signed(bytes[i]!)))
    return largest
  },

  multiply(bytes, at, scale, out, start, end) {
    const shift = at - start
    for (let i = start; i < end; i++) out[i] = signed(bytes[i + shift]!) * scale
  },

  accumulate(bytes, at, scale, factor, out, start, end) {
    const shift = at - start
    for (let i = start; i < end; i++) {
      const value = Math.fround(signed(bytes[i + shift]!) * scale)
      out[i] = out[i]! + Math.fround(factor * value)
    }
  }
}

function signed(byte: number): number {
  return (byte << 24) >> 24
}
