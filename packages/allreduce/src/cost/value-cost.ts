import type { DType } from '@daa-compute/interface'
import { codecClassOf } from '../schedule/codec-use.ts'
import { ADD_MS_PER_ELEMENT, DECODE_MS_PER_ELEMENT, ENCODE_MS_PER_ELEMENT } from './constants.ts'

/** What an element costs on the wire and at the processor. */
export interface ValueCost {
  /** Bytes on the wire. */
  readonly bytes: number
  /** ms to encode and to decode; 0 for values that are sent as they are. */
  readonly encodeMs: number
  readonly decodeMs: number
  /** ms to add one to another, or to scale it. */
  readonly reduceMs: number
}

const DTYPE_BYTES: Readonly<Record<DType, number>> = {
  float64: 8,
  float32: 4,
  float16: 2,
  bfloat16: 2
}

/**
 * What elements of a type cost in a codec, by its name. What an entropy stage
 * saves is not known beforehand and taken to be nothing.
 */
export function valueCost(dtype: DType, codec: string): ValueCost {
  const reduceMs = ADD_MS_PER_ELEMENT * Math.max(1, DTYPE_BYTES[dtype] / 4)
  const staged = codec.includes('+')
  const plain = codecClassOf(codec) === 'exact' && !staged && codec !== 'sparse'
  if (plain && (dtype === 'float32' || dtype === 'float64')) {
    return { bytes: DTYPE_BYTES[dtype], encodeMs: 0, decodeMs: 0, reduceMs }
  }
  return {
    bytes: Math.min(DTYPE_BYTES[dtype], codecBytes(codec)),
    encodeMs: ENCODE_MS_PER_ELEMENT,
    decodeMs: DECODE_MS_PER_ELEMENT,
    reduceMs
  }
}

/** Bytes per element of a codec, or of differences in it: values, and a 4-byte scale for each block of 256. */
function codecBytes(name: string): number {
  const codec = name.replace(/^delta:/, '')
  const scale = 4 / 256
  const kept = /(?:topk|randomk):([0-9.]+)/.exec(codec)?.[1]
  if (kept !== undefined) return Math.min(8, Math.max(8 * Number(kept), scale)) || 8
  if (/^b?float16/.test(codec)) return 2
  if (codec.startsWith('int4')) return 0.5 + scale
  if (codec.startsWith('int8')) return 1 + scale
  if (codec.startsWith('sign')) return 1 / 8 + scale
  return 8
}
