import type { DType } from '@daa-compute/interface'
import { MAX_SEGMENT_LENGTH } from './constants.ts'
import { RoundError } from './round/errors.ts'

/** What the memory that a round takes depends on. */
export interface MemoryNeedInit {
  /** Elements of all tensors together. */
  readonly length: number
  readonly dtype: DType
  /** Whether the values are several tensors by name, which are packed into one. */
  readonly isPacked: boolean
  /** Whether they cross the network encoded. */
  readonly isEncoded: boolean
  /** Whether something is remembered from round to round: error feedback, or a compressor. */
  readonly remembers: boolean
  /** Whether a rule looks at the contributions by themselves, so that an owner keeps them. */
  readonly isRuled: boolean
  /** Members of the group. */
  readonly size: number
}

const BYTES: Readonly<Record<DType, number>> = { float64: 8, float32: 4, float16: 2, bfloat16: 2 }

/**
 * Bytes that a round may take beside its caller's values, at most: the copy for
 * undo, and that of a result which somebody may have missed; packed tensors; sums of
 * halves; contributions that a rule looks at; what is remembered, now and if the round counts; encoded bytes of a chunk;
 * and a segment to and from each of the others.
 */
export function memoryNeed(init: MemoryNeedInit): number {
  const { length, dtype, isPacked, isEncoded, remembers, isRuled, size } = init
  const values = length * BYTES[dtype]
  const sums = dtype === 'float16' || dtype === 'bfloat16' ? 4 * length : 0
  const segments = 2 * (size - 1) * Math.min(values, MAX_SEGMENT_LENGTH * 4)
  return (
    values * (isPacked ? 3 : 2) +
    sums +
    (remembers ? 8 * length : 0) +
    // of a shard that is twice an even one
    (isRuled ? 2 * values : 0) +
    (isEncoded ? Math.ceil(values / size) : 0) +
    segments
  )
}

/** @throws {RoundError} `MEMORY_BUDGET` */
export function assertWithin(budget: number | undefined, init: MemoryNeedInit): void {
  if (budget === undefined) return
  const needed = memoryNeed(init)
  if (needed <= budget) return
  throw new RoundError(
    'MEMORY_BUDGET',
    `a round of ${init.length} ${init.dtype} in a group of ${init.size} may take ${needed} bytes beside the values, and this peer's budget is ${budget}: raise budget.memoryBytes, or send less at a time; the others go on without it`,
    { needed, budget, members: init.size }
  )
}
