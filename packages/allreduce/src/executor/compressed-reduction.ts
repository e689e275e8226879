import type { CollectiveRound } from '@daa-compute/interface'
import { findNonFinite } from './arithmetic.ts'
import { AttemptFailure } from './attempt-failure.ts'
import { createReduction, type Reduction, type ReductionInit } from './reduction.ts'
import { createSequel } from './sequel.ts'
import { UndoBuffer } from './undo.ts'

/** What a compressed reduction needs. */
export interface CompressedReductionInit extends Omit<
  ReductionInit,
  'codec' | 'residual' | 'exchange' | 'onProgress'
> {
  readonly values: Float32Array
  /** It was begun with the values. */
  readonly round: CollectiveRound
}

/**
 * Carries out a plan by the all-reduces that a compressor asks for, one
 * after another, each by the plan's algorithm and among its members.
 *
 * To the round they are one reduction: there is one vote, after the last, on a
 * digest of all their digests. The result is a function of what they came to,
 * and so the same bits at every rank. The values are written at the end.
 */
export function createCompressedReduction(init: CompressedReductionInit): Reduction {
  const { round, values, undo } = init
  return createSequel(init, async (sequence) => {
    for (let next = round.next(); next !== undefined; next = round.next()) {
      const { plan, exchange } = sequence.next()
      const own = new UndoBuffer()
      own.begin(next.values)
      const { op } = next
      const codec = next.codec?.name === 'float32' ? undefined : next.codec
      const { length } = next.values
      const part = createReduction({
        ...init,
        plan: { ...plan, op, length, codec: codec?.name ?? 'float32' },
        values: next.values,
        undo: own,
        codec,
        exchange
      })
      await sequence.run(part)
    }
    undo.save(0, values.length)
    round.finish(values)
    const bad = findNonFinite(values, 'float32')
    if (bad !== -1) throw new AttemptFailure(`the mean at index ${bad} is not finite`)
    return undefined
  })
}
