import type { DType, ReduceOp } from '@daa-compute/interface'
import { findNonFiniteHalf } from './half.ts'
import type { Values } from './tensor.ts'

/**
 * The kernels of the executor in plain TypeScript, unrolled where the engine
 * does not do it by itself. Float32 has its own, so that the engine compiles
 * them for one type of array.
 */

/** What sums are made in. */
export type Floats = Float32Array | Float64Array

/** Combines `values` into `into`, element by element; equal lengths. */
export function combine(op: ReduceOp, into: Floats, values: Floats): void {
  switch (op) {
    case 'sum':
    case 'mean':
      if (isSingle(into) && isSingle(values)) add(into, values)
      else addWide(into, values)
      return
    case 'product':
      return multiply(into, values)
    case 'min':
      return keepLess(into, values)
    case 'max':
      return keepGreater(into, values)
  }
}

/**
 * `values[i] *= factor`
 *
 * @returns whether all results are finite; see {@link findNonFinite} for how
 */
export function scale(values: Floats, factor: number): boolean {
  return isSingle(values) ? scaleSingle(values, factor) : scaleWide(values, factor)
}

/**
 * Index of the first NaN or infinity, or -1.
 *
 * A finite number times zero is zero, anything else is NaN and stays NaN in a
 * sum, so one multiplication and addition per value finds out whether there is
 * one; four sums hide the latency of the addition.
 */
export function findNonFinite(values: Values, dtype: DType): number {
  switch (dtype) {
    case 'float16':
    case 'bfloat16':
      return findNonFiniteHalf(dtype, values as Uint16Array)
    case 'float64':
      return values.findIndex((value) => !Number.isFinite(value))
    case 'float32':
      return findNonFiniteSingle(values as Float32Array)
  }
}

/** Not `instanceof`: an array of another realm is none of this one's class. */
function isSingle(values: Floats): values is Float32Array {
  return values.BYTES_PER_ELEMENT === 4
}

function add(into: Float32Array, values: Float32Array): void {
  const length = into.length
  for (let i = 0; i < length; i++) into[i] = (into[i] as number) + (values[i] as number)
}

function addWide(into: Floats, values: Floats): void {
  const length = into.length
  for (let i = 0; i < length; i++) into[i] = (into[i] as number) + (values[i] as number)
}

function multiply(into: Floats, values: Floats): void {
  const length = into.length
  for (let i = 0; i < length; i++) into[i] = (into[i] as number) * (values[i] as number)
}

/** A NaN wins whichever side it is on: `Math.min` and `Math.max` are made so. */
function keepLess(into: Floats, values: Floats): void {
  const length = into.length
  for (let i = 0; i < length; i++) into[i] = Math.min(into[i] as number, values[i] as number)
}

function keepGreater(into: Floats, values: Floats): void {
  const length = into.length
  for (let i = 0; i < length; i++) into[i] = Math.max(into[i] as number, values[i] as number)
}

function scaleSingle(values: Float32Array, factor: number): boolean {
  const length = values.length
  let zero = 0
  for (let i = 0; i < length; i++) {
    const scaled = Math.fround((values[i] as number) * factor)
    values[i] = scaled
    zero += scaled * 0
  }
  return zero === 0
}

function scaleWide(values: Floats, factor: number): boolean {
  const length = values.length
  let zero = 0
  for (let i = 0; i < length; i++) {
    const scaled = (values[i] as number) * factor
    values[i] = scaled
    zero += scaled * 0
  }
  return zero === 0
}

function findNonFiniteSingle(values: Float32Array): number {
  const length = values.length
  const even = length - (length % 4)
  let a = 0
  let b = 0
  let c = 0
  let d = 0
  for (let i = 0; i < even; i += 4) {
    a += (values[i] as number) * 0
    b += (values[i + 1] as number) * 0
    c += (values[i + 2] as number) * 0
    d += (values[i + 3] as number) * 0
  }
  for (let i = even; i < length; i++) a += (values[i] as number) * 0
  return a + b + c + d === 0 ? -1 : values.findIndex((value) => !Number.isFinite(value))
}
