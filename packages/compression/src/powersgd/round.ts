import type { CollectiveRound, Exchange } from '@daa-compute/interface'
import { expand, multiply, multiplyTransposed, orthonormalize, subtractProduct } from './matrix.ts'
import { fingerprint, prepareColumns } from './start-columns.ts'
import type { Matrix, TensorLayout } from './tensors.ts'

/** What is remembered between rounds. */
export interface Memory {
  /** What of this rank's matrices was in no result. */
  error: Float32Array
  /** This rank's matrices and what was owed, in the making of a round. */
  input: Float32Array
  /** What the last power iteration has come to; `undefined` before the first. */
  columns: Float32Array | undefined
  /** Tells the latest try from those that were given up. */
  round: number
}

/**
 * One try at a round, as PowerSGD's algorithms 1 and 2 have it.
 *
 * What a rank owes is what its own factors lack of its own matrices, not what the
 * result does. Both add up to the same over all ranks, but of ranks whose data
 * differ the latter grows with every round, and cancels only as long as none leaves.
 */
export function beginRound(
  layout: TensorLayout,
  memory: Memory,
  values: Float32Array,
  { weight, seed }: { readonly weight: number; readonly seed: bigint }
): CollectiveRound {
  const { matrices, rest, restLength } = layout
  const round = ++memory.round
  const { input, error } = memory
  input.set(values)
  const pays = weight > 0
  if (pays) {
    for (const { start, rows, columns } of matrices) {
      const end = start + rows * columns
      for (let i = start; i < end; i++) input[i] = (input[i] as number) + (error[i] as number)
    }
  }
  const lefts = factors(matrices, ({ rows }) => rows, restLength)
  const rights = factors(matrices, ({ columns }) => columns, 0)

  function* exchanges(): Generator<Exchange, void> {
    yield* agreeOnColumns()
    for (const [i, matrix] of matrices.entries()) {
      const { rows, columns, rank } = matrix
      const q = rights.of(i)
      prepareColumns(q.subarray(0, rank * columns), columns, seed ^ BigInt(i))
      multiply(part(input, matrix), rows, columns, q, lefts.of(i))
    }
    let at = lefts.restStart
    for (const [start, end] of rest) {
      lefts.all.set(input.subarray(start, end), at)
      at += end - start
    }
    if (lefts.all.length > 0) yield { op: 'mean', values: lefts.all }
    if (matrices.length === 0) return
    for (const [i, matrix] of matrices.entries()) {
      const { rows, columns } = matrix
      const p = lefts.of(i)
      orthonormalize(p, rows)
      multiplyTransposed(part(input, matrix), rows, columns, p, rights.of(i))
    }
    ownRights = rights.all.slice()
    yield { op: 'mean', values: rights.all }
    isComplete = true
  }

  /** Begins where the last round ended, if all did. */
  function* agreeOnColumns(): Generator<Exchange, void> {
    if (matrices.length === 0) return
    const known = memory.columns
    const [low, high] = known === undefined ? [0, 0] : fingerprint(known)
    const marks = Float32Array.of(low, -low, high, -high)
    yield { op: 'max', values: marks }
    const [lowMax = 0, lowMin = 0, highMax = 0, highMin = 0] = marks
    // the largest is the least: all are equal
    if (known !== undefined && lowMax === -lowMin && highMax === -highMin) rights.all.set(known)
  }

  let ownRights: Float32Array | undefined
  let isComplete = false
  const running = exchanges()
  return {
    next: () => running.next().value ?? undefined,
    finish(out) {
      for (const [i, matrix] of matrices.entries()) {
        const { rows, columns } = matrix
        expand(lefts.of(i), rights.of(i), rows, columns, part(out, matrix))
      }
      let at = lefts.restStart
      for (const [start, end] of rest) {
        out.set(lefts.all.subarray(at, at + end - start), start)
        at += end - start
      }
    },
    commit() {
      if (round !== memory.round) return
      memory.round++
      memory.columns = isComplete ? rights.all : undefined
      // without them, nothing that this rank brought is in the result
      if (!pays || ownRights === undefined) return
      for (const [i, matrix] of matrices.entries()) {
        const { rows, columns } = matrix
        const own = ownRights.subarray(...rights.range(i))
        subtractProduct(lefts.of(i), own, rows, columns, part(input, matrix))
      }
      memory.error = input
      memory.input = error
    },
    rollback() {
      if (round === memory.round) memory.round++
    }
  }
}

function part(values: Float32Array, { start, rows, columns }: Matrix): Float32Array {
  return values.subarray(start, start + rows * columns)
}

interface Factors {
  /** One behind the other, then the rest; new memory, as it may be on its way out for a while. */
  readonly all: Float32Array
  readonly restStart: number
  of(matrix: number): Float32Array
  range(matrix: number): [start: number, end: number]
}

function factors(
  matrices: readonly Matrix[],
  sideOf: (matrix: Matrix) => number,
  restLength: number
): Factors {
  const starts = [0]
  for (const matrix of matrices) starts.push((starts.at(-1) ?? 0) + matrix.rank * sideOf(matrix))
  const restStart = starts.at(-1) ?? 0
  const all = new Float32Array(restStart + restLength)
  const range = (matrix: number): [number, number] => [starts[matrix] ?? 0, starts[matrix + 1] ?? 0]
  return { all, restStart, range, of: (matrix) => all.subarray(...range(matrix)) }
}
