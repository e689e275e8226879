import { bitsOfFloat, bitsOfFloats, type Kernels } from '@daa-compute/kernels'

import { FLOAT_LENGTH, INFINITY_BITS, VALUE_IDS } from '../constants.ts'
import { floatAt } from '../float-bits.ts'
import type { ValueStage } from '../value-stage.ts'
import { refuseNonFinite } from './non-finite.ts'

/** log2 of the values that share one magnitude: its 32 bits are 3% of the bytes. */
const BLOCK_EXPONENT = 10
const BLOCK_VALUES = 1 << BLOCK_EXPONENT

/** Bits of a float32 without its sign. */
const MAGNITUDE = 0x7fff_ffff

/**
 * The sign of each value, and for each block the mean of its magnitudes, which is
 * what makes the squared error least (Bernstein et al. 2018; Karimireddy et al.
 * 2019 for the scale). A block is the mean as a float32, then one bit per value,
 * the lowest bit of a byte first, set where the value is below zero.
 *
 * The mean is summed in order in float64, so that all machines find the same one.
 */
export function createSignStage(kernels: Kernels): ValueStage {
  return {
    name: 'sign',
    id: VALUE_IDS.sign,
    blockExponent: BLOCK_EXPONENT,
    lossless: false,
    maxEncodedLength: encodedLength,
    encode(values, out) {
      refuseNonFinite(kernels, values)
      const view = new DataView(out.buffer, out.byteOffset, out.byteLength)
      let at = 0
      for (let start = 0; start < values.length; start += BLOCK_VALUES) {
        const block = values.subarray(start, start + BLOCK_VALUES)
        view.setFloat32(at, meanMagnitude(block), true)
        at = writeSigns(block, out, at + FLOAT_LENGTH)
      }
      return at
    },
    check,
    decode(bytes, out) {
      forEachBlock(bytes, out, (block, scale, at) => {
        const bits = bitsOfFloats(block)
        const magnitude = bitsOfFloat(scale)
        // a magnitude of 0 has no sign
        const sign = magnitude === 0 ? 0 : 1
        for (let i = 0; i < bits.length; i++) {
          bits[i] = magnitude | ((signAt(bytes, at, i) & sign) << 31)
        }
      })
    },
    accumulate(bytes, out, factor) {
      forEachBlock(bytes, out, (block, scale, at) => {
        steps[0] = factor * scale
        steps[1] = -steps[0]
        for (let i = 0; i < block.length; i++) block[i] = block[i]! + steps[signAt(bytes, at, i)]!
      })
    }
  }
}

/** What is added for either sign, looked up because signs are nothing that a processor can predict. */
const steps = new Float32Array(2)

function encodedLength(count: number): number {
  return FLOAT_LENGTH * Math.ceil(count / BLOCK_VALUES) + Math.ceil(count / 8)
}

function check(bytes: Uint8Array, count: number): string | undefined {
  const expected = encodedLength(count)
  if (bytes.length !== expected) return `${count} signs take ${expected} bytes, not ${bytes.length}`
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const stride = FLOAT_LENGTH + BLOCK_VALUES / 8
  for (let at = 0; at < expected; at += stride) {
    // as unsigned integers, negative floats (with -0) are beyond infinity
    if (view.getUint32(at, true) >= INFINITY_BITS) {
      return `the magnitude of block ${at / stride} is negative or not finite`
    }
  }
  const unused = count % 8
  return unused !== 0 && bytes[expected - 1]! >>> unused !== 0
    ? 'there are signs behind the last value'
    : undefined
}

function meanMagnitude(block: Float32Array): number {
  let sum = 0
  for (let i = 0; i < block.length; i++) sum += Math.abs(block[i]!)
  return sum / block.length
}

function writeSigns(block: Float32Array, out: Uint8Array, start: number): number {
  const bits = bitsOfFloats(block)
  let at = start
  for (let i = 0; i < bits.length; i += 8) {
    const end = Math.min(8, bits.length - i)
    let signs = 0
    for (let bit = 0; bit < end; bit++) {
      const value = bits[i + bit]!
      // below zero: the sign, and anything besides it
      signs |= ((value & -(value & MAGNITUDE)) >>> 31) << bit
    }
    out[at++] = signs
  }
  return at
}

/** 1 where a value is below zero. */
function signAt(bytes: Uint8Array, at: number, index: number): number {
  return (bytes[at + (index >>> 3)]! >>> (index & 7)) & 1
}

function forEachBlock(
  bytes: Uint8Array,
  out: Float32Array,
  visit: (block: Float32Array, scale: number, at: number) => void
): void {
  let at = 0
  for (let start = 0; start < out.length; start += BLOCK_VALUES) {
    const block = out.subarray(start, start + BLOCK_VALUES)
    visit(block, floatAt(bytes, at), at + FLOAT_LENGTH)
    at += FLOAT_LENGTH + ((block.length + 7) >>> 3)
  }
}
