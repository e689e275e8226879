/**
 * Block-wise symmetric quantization in plain TypeScript: the reference that faster
 * kernels have to equal bit for bit.
 *
 * The result is defined by exact arithmetic, not by these loops: a code is the
 * quotient of value and scale, rounded to the nearest integer, ties to even, and
 * a decoded value is the product, which is a float32 exactly (see
 * {@link scaleForPeak}).
 *
 * A division followed by a rounding finds exactly that code. The middle between
 * two codes is an odd multiple of half the scale and needs 25 bits at most, so
 * a float32 that is not the middle is at least half its own unit away from it.
 * That is more than a division loses, in float64 as here and even in float32.
 * Multiplying by the inverse in float32 does lose it.
 *
 * @module
 */
import { type BlockLayout, blocksLength, strideOf } from '../block-layout.ts'
import { BLOCK_LENGTH, FLOAT_LENGTH, FLOAT_MAX, INFINITY_BITS, MAGNITUDE } from '../constants.ts'
import { requireRoom } from '../fit.ts'
import { bitsOfFloats, floatOfBits } from '../float-bits.ts'
import type { NumberFormat } from '../number-format.ts'
import { keysOf } from '../random-rounding.ts'
import { scaleForPeak } from '../scale.ts'
import type { CodeLoops } from './code-loops.ts'

/** Puts the loops over the codes of a block to work on arrays. */
export function createBlockFormat(layout: BlockLayout, loops: CodeLoops): NumberFormat {
  const stride = strideOf(layout)
  const encodedLength = (count: number): number => blocksLength(layout, count)

  return {
    encodedLength,

    encode(values, out, seed) {
      requireRoom(out, encodedLength(values.length))
      const keys = seed === undefined ? undefined : keysOf(seed)
      const bits = bitsOfFloats(values)
      const view = viewOf(out)
      for (let start = 0, at = 0; start < values.length; start += BLOCK_LENGTH, at += stride) {
        const end = Math.min(start + BLOCK_LENGTH, values.length)
        const peak = peakBits(bits, start, end)
        if (peak >= INFINITY_BITS) return nonFiniteIndex(bits, start)
        const scale = isTernary(bits, start, end, peak)
          ? floatOfBits(peak)
          : scaleForPeak(peak, layout.codeMax)
        const codes = at + FLOAT_LENGTH
        view.setFloat32(at, scale, true)
        if (scale === 0) out.fill(0, codes, codes + layout.codesLength(end - start))
        else if (keys === undefined) loops.round(values, start, end, scale, out, codes)
        else loops.roundByChance(values, start, end, scale, keys, out, codes)
      }
      return -1
    },

    findFault(bytes, count) {
      const length = encodedLength(count)
      requireRoom(bytes, length)
      const view = viewOf(bytes)
      for (let at = 0, start = 0; at < length; at += stride, start += BLOCK_LENGTH) {
        // as unsigned integers, negative floats (with -0) are beyond infinity
        if (view.getUint32(at, true) >= INFINITY_BITS) return start
        const scale = view.getFloat32(at, true)
        const codes = at + FLOAT_LENGTH
        // only a scale that is too large needs a look at the codes
        if (scale * (layout.codeMax + 1) > FLOAT_MAX) {
          const largest = loops.largest(bytes, codes, Math.min(BLOCK_LENGTH, count - start))
          if (scale * largest > FLOAT_MAX) return start
        }
      }
      return -1
    },

    decode(bytes, out) {
      requireRoom(bytes, encodedLength(out.length))
      const view = viewOf(bytes)
      for (let start = 0, at = 0; start < out.length; start += BLOCK_LENGTH, at += stride) {
        const end = Math.min(start + BLOCK_LENGTH, out.length)
        loops.multiply(bytes, at + FLOAT_LENGTH, view.getFloat32(at, true), out, start, end)
      }
    },

    accumulate(bytes, out, factor = 1) {
      requireRoom(bytes, encodedLength(out.length))
      const view = viewOf(bytes)
      const rounded = Math.fround(factor)
      for (let start = 0, at = 0; start < out.length; start += BLOCK_LENGTH, at += stride) {
        const end = Math.min(start + BLOCK_LENGTH, out.length)
        const scale = view.getFloat32(at, true)
        loops.accumulate(bytes, at + FLOAT_LENGTH, scale, rounded, out, start, end)
      }
    }
  }
}

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
}

/** The largest magnitude as bits: NaN and infinity are larger than every finite one. */
export function peakBits(bits: Int32Array, start: number, end: number): number {
  let peak = 0
  for (let i = start; i < end; i++) {
    const magnitude = bits[i]! & MAGNITUDE
    peak = magnitude > peak ? magnitude : peak
  }
  return peak
}

function nonFiniteIndex(bits: Int32Array, start: number): number {
  let index = start
  while ((bits[index]! & MAGNITUDE) < INFINITY_BITS) index++
  return index
}

/**
 * Whether a block has one magnitude and zeros only, as constant and one-hot
 * blocks do: that magnitude as the scale then makes them exact. Other blocks
 * are left at their first or second value.
 */
function isTernary(bits: Int32Array, start: number, end: number, peak: number): boolean {
  for (let i = start; i < end; i++) {
    const magnitude = bits[i]! & MAGNITUDE
    if (magnitude !== peak && magnitude !== 0) return false
  }
  return true
}
