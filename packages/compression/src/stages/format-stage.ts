import type { NumberFormat } from '@daa-compute/kernels'

import { nonFinite } from '../errors.ts'
import type { ValueStage } from '../value-stage.ts'

/** What makes a stage of a number format of the kernels. */
export interface FormatStageInit {
  readonly name: string
  readonly id: number
  readonly blockExponent: number
  readonly format: NumberFormat
}

/**
 * A stage that writes values as blocks of codes, `int8` or `int4`.
 *
 * @param init `stochastic` rounds by chance, by the seed of each encoding
 */
export function createBlockStage(
  init: FormatStageInit & { readonly stochastic: boolean }
): ValueStage {
  const { format, stochastic } = init
  return {
    ...formatStage(init),
    encode(values, out, seed) {
      const index = stochastic ? format.encode(values, out, seed) : format.encode(values, out)
      if (index >= 0) throw nonFinite(index, values[index]!)
      return format.encodedLength(values.length)
    }
  }
}

/**
 * A stage that writes each value with 16 bits, `float16` or `bfloat16`. What is
 * larger than its largest value becomes that: a gradient that has no room is
 * better clipped than infinite, and error feedback makes up for it.
 *
 * @param init `largest` finite value of the format
 */
export function createHalfStage(init: FormatStageInit & { readonly largest: number }): ValueStage {
  const { format, largest } = init
  return {
    ...formatStage(init),
    encode(values, out) {
      const index = format.encode(values, out)
      if (index >= 0) encodeClipped(values, out, format, largest)
      return format.encodedLength(values.length)
    }
  }
}

/** Values that are clipped in a copy at a time. */
const CLIPPED_VALUES = 16_384

function encodeClipped(
  values: Float32Array,
  out: Uint8Array,
  format: NumberFormat,
  largest: number
): void {
  const copy = new Float32Array(Math.min(values.length, CLIPPED_VALUES))
  for (let start = 0; start < values.length; start += CLIPPED_VALUES) {
    const part = values.subarray(start, start + CLIPPED_VALUES)
    const clipped = copy.subarray(0, part.length)
    for (let i = 0; i < part.length; i++) {
      const value = part[i]!
      if (!Number.isFinite(value)) throw nonFinite(start + i, value)
      clipped[i] = Math.min(largest, Math.max(-largest, value))
    }
    format.encode(clipped, out.subarray(format.encodedLength(start)))
  }
}

function formatStage(init: FormatStageInit): Omit<ValueStage, 'encode'> {
  const { name, id, blockExponent, format } = init
  return {
    name,
    id,
    blockExponent,
    lossless: false,
    maxEncodedLength: (count) => format.encodedLength(count),
    check(bytes, count) {
      const expected = format.encodedLength(count)
      if (bytes.length !== expected) {
        return `${count} values take ${expected} bytes, not ${bytes.length}`
      }
      const index = format.findFault(bytes, count)
      if (index < 0) return undefined
      return blockExponent === 0
        ? `value ${index} is not finite`
        : `the block of value ${index} has codes or a scale that no encoder writes`
    },
    decode: (bytes, out) => format.decode(bytes, out),
    accumulate: (bytes, out, factor) => format.accumulate(bytes, out, factor)
  }
}
