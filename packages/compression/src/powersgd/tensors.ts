import { CodecError } from '../errors.ts'
import { MAX_TENSORS } from './constants.ts'

/** Sides of a tensor: none for a single number, one for a vector. */
export type TensorShape = readonly number[]

/** A tensor that is worth factors, as a matrix within the flat values. */
export interface Matrix {
  readonly start: number
  readonly rows: number
  readonly columns: number
  /** Columns of its factors. */
  readonly rank: number
}

/** Where in the flat values what lies. */
export interface TensorLayout {
  readonly length: number
  readonly matrices: readonly Matrix[]
  /** Ranges `[start, end)` of everything else. */
  readonly rest: readonly (readonly [number, number])[]
  readonly restLength: number
}

/**
 * Takes tensors for matrices of as many rows as their first side is long; those
 * that factors would not make smaller, vectors among them, stay as they are.
 *
 * @throws {CodecError} `BAD_PARAMETER` for sides that are none
 */
export function layOutTensors(shapes: readonly TensorShape[], rank: number): TensorLayout {
  if (shapes.length > MAX_TENSORS) throw badShape(`${shapes.length} tensors`)
  const matrices: Matrix[] = []
  const rest: (readonly [number, number])[] = []
  let start = 0
  for (const shape of shapes) {
    if (!shape.every((side) => Number.isSafeInteger(side) && side >= 0)) {
      throw badShape(JSON.stringify(shape).slice(0, 40))
    }
    const [rows = 1, ...others] = shape
    const columns = others.reduce((product, side) => product * side, 1)
    const length = rows * columns
    if (!(start + length <= 0xffff_ffff)) throw badShape('more than 2^32 - 1 values')
    const own = Math.min(rank, rows, columns)
    if (own * (rows + columns) < length) matrices.push({ start, rows, columns, rank: own })
    else if (length > 0) rest.push([start, start + length])
    start += length
  }
  const restLength = rest.reduce((sum, [from, to]) => sum + to - from, 0)
  return { length: start, matrices, rest, restLength }
}

function badShape(what: string): CodecError<'BAD_PARAMETER'> {
  return new CodecError(
    'BAD_PARAMETER',
    `the shapes of tensors are lists of whole numbers, in the order of the values; got ${what}`,
    { name: 'shapes', parameter: what }
  )
}
