import type { DType, Hasher } from '@daa-compute/interface'
import { arrayName, dtypeOf, type Values } from '../executor/tensor.ts'
import { BucketError } from './errors.ts'

/** Tensors of one dtype, by name: `{ weight: Float32Array, bias: Float32Array }`. */
export type NamedTensors = Readonly<Record<string, Values>>

/** Where one tensor lies in a bucket, in elements. */
export interface BucketEntry {
  readonly name: string
  readonly start: number
  readonly end: number
}

/** How named tensors lie in one flat bucket. */
export interface BucketLayout {
  readonly dtype: DType
  /** Elements of all tensors together. */
  readonly length: number
  /** By name, in the order of UTF-16 code units: the same at every peer. */
  readonly entries: readonly BucketEntry[]
  /**
   * Names and lengths, for peers to compare: in full where that takes at most
   * {@link MAX_FINGERPRINT_LENGTH} characters, otherwise the beginning and a hash.
   */
  readonly fingerprint: string
}

/** Longest fingerprint, in characters; all of them ASCII. */
export const MAX_FINGERPRINT_LENGTH = 256

/**
 * Lays tensors out behind one another.
 *
 * @param half what `Uint16Array`s hold
 * @throws {BucketError}
 */
export function layOut(
  tensors: NamedTensors,
  half: DType | undefined,
  hasher: Hasher
): BucketLayout {
  const names = Object.keys(tensors).toSorted((a, b) => (a < b ? -1 : 1))
  const entries: BucketEntry[] = []
  let dtype: DType | undefined
  let length = 0
  for (const name of names) {
    const tensor = tensors[name]
    const own = dtypeOf(tensor, half)
    if (tensor === undefined || own === undefined) throw badTensor(name, tensor)
    dtype ??= own
    if (own !== dtype) throw mixed(name, dtype, own)
    entries.push({ name, start: length, end: length + tensor.length })
    length += tensor.length
  }
  return { dtype: dtype ?? 'float32', length, entries, fingerprint: fingerprint(entries, hasher) }
}

/** Which tensor an index into the bucket falls into, and where. */
export function locate(
  layout: BucketLayout,
  index: number
): { readonly tensor: string; readonly index: number } {
  const entry = layout.entries.find(({ start, end }) => index >= start && index < end)
  if (entry === undefined) throw new RangeError(`the bucket has no index ${index}`)
  return { tensor: entry.name, index: index - entry.start }
}

function fingerprint(entries: readonly BucketEntry[], hasher: Hasher): string {
  // escaped, so that no name can look like the end of one and another's length
  const parts = entries.map(({ name, start, end }) => `${escaped(name)}:${end - start}`)
  const whole = parts.join(',')
  if (whole.length <= MAX_FINGERPRINT_LENGTH) return whole
  const hash = hasher.create()
  hash.update(new TextEncoder().encode(whole))
  const hex = Array.from(hash.digest().subarray(0, 16), (byte) =>
    byte.toString(16).padStart(2, '0')
  )
  const tail = `... (${entries.length} tensors, ${hasher.name} ${hex.join('')})`
  return whole.slice(0, MAX_FINGERPRINT_LENGTH - tail.length) + tail
}

/** In ASCII without commas and colons; lone surrogates, which have no UTF-8, too. */
function escaped(name: string): string {
  return encodeURIComponent(name.toWellFormed() === name ? name : JSON.stringify(name))
}

function badTensor(tensor: string, value: unknown): BucketError<'BAD_TENSOR'> {
  const actual = arrayName(value)
  const remedy =
    actual === 'Uint16Array'
      ? "say what it holds: dtype 'float16' or 'bfloat16'"
      : 'make it a Float32Array, a Float64Array, or a Uint16Array of half-precision bits'
  return new BucketError('BAD_TENSOR', `the tensor "${tensor}" is of type ${actual}: ${remedy}`, {
    tensor,
    actual
  })
}

function mixed(tensor: string, expected: DType, actual: DType): BucketError<'MIXED_DTYPES'> {
  return new BucketError(
    'MIXED_DTYPES',
    `the tensor "${tensor}" is ${actual} and those before it ${expected}: reduce them one dtype at a time`,
    { tensor, expected, actual }
  )
}
