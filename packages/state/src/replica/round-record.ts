import { ReplicaError } from './errors.ts'
import type { RoundValues } from './round-source.ts'

/**
 * What a round did to the state, as donors hand it to those who missed it: one
 * byte that says what kind of round it was, then the values it resulted in.
 *
 * - `step`: the values that `apply` makes the next state of, tensors by name;
 * - `meeting`: the state is what it was, but for the round being counted.
 *
 * Rounds that average states have no record: the state itself is what they resulted in.
 */
export type RoundKind = 'meeting' | 'step'

const KINDS: readonly RoundKind[] = ['meeting', 'step']

type Tensor = Float32Array | Float64Array | Uint16Array

/** The record of a round, as views of its values. */
export function recordOf(kind: RoundKind, values?: RoundValues): Uint8Array[] {
  const tag = Uint8Array.of(KINDS.indexOf(kind))
  return values === undefined ? [tag] : [tag, ...bytesOf(values)]
}

/**
 * What a record says.
 *
 * @param shape values of the kind that this peer brings
 * @throws {ReplicaError} `SHAPE_CHANGED` when it is of other values, or no record
 */
export function readRecord<Values extends RoundValues>(
  record: Uint8Array,
  shape: Values
): Values | undefined {
  const kind = KINDS[record[0] ?? KINDS.length]
  const length = bytesOf(shape).reduce((sum, { byteLength }) => sum + byteLength, 0)
  const expected = kind === 'step' ? 1 + length : 1
  if (kind === undefined || record.length !== expected) {
    throw new ReplicaError(
      'SHAPE_CHANGED',
      `a round that was missed resulted in ${record.length - 1} bytes, and this peer brings ${length}: every step has to bring the same tensors`,
      { expected: length, actual: record.length - 1 }
    )
  }
  if (kind === 'meeting') return undefined
  const values = zerosLike(shape)
  let offset = 1
  for (const bytes of bytesOf(values)) {
    bytes.set(record.subarray(offset, offset + bytes.length))
    offset += bytes.length
  }
  return values
}

/** Zeros of the same names, types and lengths. */
export function zerosLike<Values extends RoundValues>(values: Values): Values {
  return mapped(values, (tensor) => new (constructorOf(tensor))(tensor.length))
}

/** Puts values where others of the same shape are. */
export function copyInto(target: RoundValues, source: RoundValues): void {
  const from = bytesOf(source)
  for (const [i, bytes] of bytesOf(target).entries()) bytes.set(from[i] ?? new Uint8Array())
}

/** The memory of all tensors, in the order of their names. */
export function bytesOf(values: RoundValues): Uint8Array[] {
  return tensorsOf(values).map(
    ([, { buffer, byteOffset, byteLength }]) => new Uint8Array(buffer, byteOffset, byteLength)
  )
}

function tensorsOf(values: RoundValues): (readonly [string, Tensor])[] {
  if (isTensor(values)) return [['', values]]
  return Object.entries(values).toSorted(([a], [b]) => (a < b ? -1 : 1))
}

function mapped<Values extends RoundValues>(values: Values, map: (tensor: Tensor) => Tensor): Values
function mapped(values: RoundValues, map: (tensor: Tensor) => Tensor): RoundValues {
  if (isTensor(values)) return map(values)
  return Object.fromEntries(Object.entries(values).map(([name, tensor]) => [name, map(tensor)]))
}

function isTensor(values: RoundValues): values is Tensor {
  return ArrayBuffer.isView(values)
}

/** By its tag: an array of another realm is of none of this one's classes. */
function constructorOf(
  tensor: Tensor
): Float32ArrayConstructor | Float64ArrayConstructor | Uint16ArrayConstructor {
  const name = Object.prototype.toString.call(tensor).slice(8, -1)
  if (name === 'Float32Array') return Float32Array
  return name === 'Float64Array' ? Float64Array : Uint16Array
}
