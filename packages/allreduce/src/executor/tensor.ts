import type { DType } from '@daa-compute/interface'

/**
 * A tensor of which only the length counts: an executor that is given one runs
 * the whole schedule, and every byte of it is accounted for, but no values
 * exist. So a simulation of thousands of peers needs no thousands of models.
 * Only a simulated network delivers what it sends.
 */
export interface CountedTensor {
  readonly counted: true
  readonly dtype: DType
  readonly length: number
}

/** The memory of a tensor by its dtype; `float16` and `bfloat16` are bits in a `Uint16Array`. */
export type Values = Float32Array | Float64Array | Uint16Array

/** What can be reduced. */
export type Tensor = Values | CountedTensor

/** Bytes of an element, by dtype. */
export const ELEMENT_LENGTH: Readonly<Record<DType, number>> = {
  float32: 4,
  float64: 8,
  float16: 2,
  bfloat16: 2
}

/** A tensor of lengths only. Default dtype `float32` */
export function countedTensor(length: number, dtype: DType = 'float32'): CountedTensor {
  return { counted: true, dtype, length }
}

export function isCounted(tensor: object): tensor is CountedTensor {
  return 'counted' in tensor && tensor.counted === true
}

/** The class of an array, by its tag: an array of another realm is none of this one's class. */
export function arrayName(values: unknown): string {
  return Object.prototype.toString.call(values).slice(8, -1)
}

/** Whether the memory is what a dtype is stored in. */
export function isOfDType(tensor: Tensor, dtype: DType): boolean {
  if (isCounted(tensor)) return tensor.dtype === dtype
  return arrayName(tensor) === ARRAY_NAMES[dtype]
}

/** The class of array each dtype is stored in. */
export const ARRAY_NAMES: Readonly<Record<DType, string>> = {
  float32: 'Float32Array',
  float64: 'Float64Array',
  float16: 'Uint16Array',
  bfloat16: 'Uint16Array'
}

/** The bytes of values, without a copy. */
export function bytesOf(values: Values): Uint8Array {
  return new Uint8Array(values.buffer, values.byteOffset, values.byteLength)
}

/**
 * The dtype of an array: what it is by its class.
 *
 * @param half what a `Uint16Array` holds, which its class does not say
 * @returns `undefined` for anything that is none, or does not say which
 */
export function dtypeOf(values: unknown, half: DType | undefined): DType | undefined {
  switch (arrayName(values)) {
    case 'Float32Array':
      return 'float32'
    case 'Float64Array':
      return 'float64'
    case 'Uint16Array':
      return half === 'float16' || half === 'bfloat16' ? half : undefined
    default:
      return undefined
  }
}

/** A new array for a dtype, over memory that is there already if it is given. */
export function createValues(dtype: DType, length: number, memory?: ArrayBuffer): Values {
  const buffer = memory ?? new ArrayBuffer(length * ELEMENT_LENGTH[dtype])
  if (dtype === 'float32') return new Float32Array(buffer, 0, length)
  if (dtype === 'float64') return new Float64Array(buffer, 0, length)
  return new Uint16Array(buffer, 0, length)
}
