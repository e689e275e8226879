import type { DType, Hasher } from '@daa-compute/interface'
import type { Bucket } from './bucket/bucket.ts'
import { type BucketLayout, layOut, locate, type NamedTensors } from './bucket/layout.ts'
import { findNonFinite } from './executor/arithmetic.ts'
import { arrayName, dtypeOf, type Values } from './executor/tensor.ts'
import { RoundError } from './round/errors.ts'

/** What a caller brings, as one flat array. */
export interface Flat {
  readonly values: Values
  readonly dtype: DType
  /** Names and lengths of a bucket's tensors; empty for a single array. */
  readonly layout: string
  /** Puts the result where the caller wants it. */
  unpack(): void
}

/**
 * Makes one flat array of what a caller brings: its own array, or a bucket that
 * its tensors are copied into.
 *
 * @throws {RoundError} `BAD_DTYPE` or `NON_FINITE`; {@link BucketError}
 */
export function flatten(
  values: Values | NamedTensors,
  half: DType | undefined,
  bucket: Bucket,
  hasher: Hasher
): Flat {
  // by its tag: an array of another realm is of none of this one's classes
  if (ArrayBuffer.isView(values)) {
    const dtype = dtypeOf(values, half)
    if (dtype === undefined) throw badDtype(values)
    const index = findNonFinite(values, dtype)
    if (index !== -1) throw nonFinite(undefined, index, values[index] ?? Number.NaN)
    return { values, dtype, layout: '', unpack: () => undefined }
  }
  if (Object.prototype.toString.call(values) !== '[object Object]') throw badDtype(values)
  const layout = layOut(values, half, hasher)
  const flat = bucket.pack(values, layout)
  const index = findNonFinite(flat, layout.dtype)
  if (index !== -1) throw nonFiniteIn(layout, index, flat)
  const { dtype, fingerprint } = layout
  return {
    values: flat,
    dtype,
    layout: fingerprint === '' ? '{}' : fingerprint,
    unpack: () => bucket.unpack(flat, values, layout)
  }
}

function badDtype(values: unknown): RoundError {
  const actual = arrayName(values)
  return new RoundError(
    'BAD_DTYPE',
    actual === 'Uint16Array'
      ? "a Uint16Array holds half-precision bits: say which, dtype 'float16' or 'bfloat16'"
      : `values have to be a Float32Array, a Float64Array, a Uint16Array of half-precision bits, or an object of these, not ${actual}: convert them first`,
    { actual }
  )
}

function nonFiniteIn(layout: BucketLayout, index: number, flat: Values): RoundError {
  const place = locate(layout, index)
  return nonFinite(place.tensor, place.index, flat[index] ?? Number.NaN)
}

function nonFinite(tensor: string | undefined, index: number, value: number): RoundError {
  const where = tensor === undefined ? `index ${index}` : `index ${index} of "${tensor}"`
  return new RoundError(
    'NON_FINITE',
    `the value at ${where} is not finite (${value}): it would spoil every peer's result, so nothing was sent`,
    { tensor, index, value }
  )
}
