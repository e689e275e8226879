/**
 * The plain TypeScript kernels of the `int8` stage: the reference that faster
 * ones have to equal bit for bit.
 *
 * They read and write whole blocks, back to back: the scale of the block as a
 * little-endian float32, then one signed byte per value. Only the last block
 * may be shorter.
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
import { FLOAT_LENGTH, FLOAT_MAX, INFINITY_BITS, INT8_BLOCK_EXPONENT } from './constants.ts'
import { bitsOfFloats, floatOfBits } from './float-bits.ts'
import { scaleForPeak } from './int8-scale.ts'

// a shift, because V8 makes the result of ** a float, and every index added to it, at half the speed
const BLOCK_VALUES = 1 << INT8_BLOCK_EXPONENT

/**
 * Adding 1.5 · 2^52 leaves a float64 no bits for fractions, so the addition
 * rounds to the nearest integer, ties to even.
 */
const ROUNDER = 1.5 * 2 ** 52

/** Bytes that {@link quantize} writes for this many values. */
export function quantizedLength(count: number): number {
  return count + FLOAT_LENGTH * Math.ceil(count / BLOCK_VALUES)
}

/**
 * Quantizes all values.
 *
 * @param out `quantizedLength(values.length)` bytes
 * @returns -1, or the index of the first value that is not finite; `out` is then incomplete
 */
export function quantize(values: Float32Array, out: Uint8Array): number {
  const bits = bitsOfFloats(values)
  const view = new DataView(out.buffer, out.byteOffset, out.byteLength)
  let at = 0
  for (let start = 0; start < values.length; start += BLOCK_VALUES) {
    const end = Math.min(start + BLOCK_VALUES, values.length)
    const peak = peakBits(bits, start, end)
    if (peak >= INFINITY_BITS) return nonFiniteIndex(bits, start)
    const scale = isTernary(bits, start, end, peak) ? floatOfBits(peak) : scaleForPeak(peak)
    view.setFloat32(at, scale, true)
    at += FLOAT_LENGTH
    if (scale === 0) out.fill(0, at, at + end - start)
    else divideBlock(values, start, end, scale, out, at)
    at += end - start
  }
  return -1
}

/**
 * Looks for a scale that {@link quantize} cannot have written: negative, not
 * finite, or so large that a product overflows.
 *
 * @param bytes `quantizedLength(count)` bytes
 * @returns the index of the first such block, or -1
 */
export function findBadScale(bytes: Uint8Array, count: number): number {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const stride = FLOAT_LENGTH + BLOCK_VALUES
  const length = quantizedLength(count)
  for (let at = 0, block = 0; at < length; at += stride, block++) {
    // as unsigned integers, negative floats (with -0) are beyond infinity
    if (view.getUint32(at, true) >= INFINITY_BITS) return block
    const scale = view.getFloat32(at, true)
    if (scale * 128 > FLOAT_MAX && overflows(bytes, at, scale, stride)) return block
  }
  return -1
}

/**
 * Multiplies the codes by their scales.
 *
 * @param bytes `quantizedLength(out.length)` bytes in which {@link findBadScale} found none
 */
export function dequantize(bytes: Uint8Array, out: Float32Array): void {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const codes = new Int8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  let at = 0
  for (let start = 0; start < out.length; start += BLOCK_VALUES) {
    const end = Math.min(start + BLOCK_VALUES, out.length)
    const scale = view.getFloat32(at, true)
    at += FLOAT_LENGTH
    multiplyBlock(codes, at, scale, out, start, end)
    at += end - start
  }
}

/** The largest magnitude as bits: NaN and infinity are larger than every finite one. */
function peakBits(bits: Int32Array, start: number, end: number): number {
  let peak = 0
  for (let i = start; i < end; i++) {
    const magnitude = bits[i]! & 0x7fff_ffff
    peak = magnitude > peak ? magnitude : peak
  }
  return peak
}

function nonFiniteIndex(bits: Int32Array, start: number): number {
  let index = start
  while ((bits[index]! & 0x7fff_ffff) < INFINITY_BITS) index++
  return index
}

/**
 * Whether a block has one magnitude and zeros only, as constant and one-hot
 * blocks do: that magnitude as the scale then makes them exact. Other blocks
 * are left at their first or second value.
 */
function isTernary(bits: Int32Array, start: number, end: number, peak: number): boolean {
  for (let i = start; i < end; i++) {
    const magnitude = bits[i]! & 0x7fff_ffff
    if (magnitude !== peak && magnitude !== 0) return false
  }
  return true
}

function divideBlock(
  values: Float32Array,
  start: number,
  end: number,
  scale: number,
  out: Uint8Array,
  at: number
): void {
  const shift = at - start
  for (let i = start; i < end; i++) out[i + shift] = values[i]! / scale + ROUNDER - ROUNDER
}

function multiplyBlock(
  codes: Int8Array,
  at: number,
  scale: number,
  out: Float32Array,
  start: number,
  end: number
): void {
  const shift = at - start
  for (let i = start; i < end; i++) out[i] = codes[i + shift]! * scale
}

function overflows(bytes: Uint8Array, at: number, scale: number, stride: number): boolean {
  const end = Math.min(at + stride, bytes.length)
  for (let i = at + FLOAT_LENGTH; i < end; i++) {
    const code = (bytes[i]! << 24) >> 24
    if (Math.abs(code) * scale > FLOAT_MAX) return true
  }
  return false
}
