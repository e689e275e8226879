import { SPARSE_BLOCK_EXPONENT, maxSparseLength } from '../sparse/block.ts'
import {
  accumulateSparse,
  checkSparse,
  readSparse,
  writeSparse,
  type Chooser
} from '../sparse/sparse-layout.ts'
import type { ValueStage } from '../value-stage.ts'

/** What tells the stages with the sparse layout apart. */
export interface SparseStageInit {
  readonly name: string
  readonly id: number
  readonly lossless: boolean

  /** Most values that are kept of `count`. */
  maxKept(count: number): number

  /**
   * Looks at all values and says how to choose in each block, which is asked for
   * block by block, in order.
   *
   * @throws {CodecError} `NON_FINITE`
   */
  chooserFor(values: Float32Array): Chooser
}

/** A stage that keeps some of the values as they are, and zeros instead of the others. */
export function createSparseStage(init: SparseStageInit): ValueStage {
  const { name, id, lossless } = init
  return {
    name,
    id,
    blockExponent: SPARSE_BLOCK_EXPONENT,
    lossless,
    maxEncodedLength: (count) => maxSparseLength(count, init.maxKept(count)),
    encode: (values, out) => writeSparse(values, out, init.chooserFor(values)),
    check: (bytes, count) => checkSparse(bytes, count, init.maxKept(count)),
    decode: readSparse,
    accumulate: accumulateSparse
  }
}
