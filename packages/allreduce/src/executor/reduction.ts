import type { Codec, FeedbackRound, Frame, Hasher, Plan } from '@daa-compute/interface'
import type { Outlier } from '../rules/views.ts'
import { chunkRanges, shapeOf, stepsOf } from '../schedule/algorithms.ts'
import { AttemptFailure } from './attempt-failure.ts'
import { createCountedStore } from './counted-store.ts'
import { createLayout } from './layout.ts'
import type { DataRouter } from './router.ts'
import type { SegmentStore } from './segment-store.ts'
import { createStepReduction } from './step-reduction.ts'
import { isCounted, isOfDType, type Tensor } from './tensor.ts'
import type { UndoBuffer } from './undo.ts'
import { ValueStore } from './value-store.ts'

/** What a reduction needs. */
export interface ReductionInit {
  readonly plan: Plan
  /** This peer's. */
  readonly rank: number
  /** `plan.length` elements of `plan.dtype`; changed in place. */
  readonly values: Tensor
  /** How much this rank's values count in a mean: finite, at least 0. 0 adds nothing. */
  readonly weight: number
  /** `begin(values)` was called. */
  readonly undo: UndoBuffer
  /** `undefined` for the values as they are. */
  readonly codec: Codec | undefined
  /** What results are encoded with, other than partial sums. Default: `codec` */
  readonly resultCodec?: Codec | undefined
  /**
   * Error feedback of the codec, for a `sum` or a `mean` to which this rank brings
   * more than weight 0. What it has kept is complete when the reduction has
   * succeeded, or any other rank's has. Default: none
   */
  readonly residual?: FeedbackRound | undefined
  readonly hasher: Hasher
  readonly router: DataRouter
  /** Which of several all-reduces of one attempt this is, from 0. Default: the only one */
  readonly exchange?: number | undefined
  /** Sends a data frame; settles as `Channel.send` does. */
  send(rank: number, frame: Frame): Promise<void>
  /** Told of every segment that is done here; what it throws fails the reduction. */
  readonly onProgress?: ((done: number, total: number) => void) | undefined
  /**
   * Whether NaN and infinity may be in a result. Default false: such a result is
   * refused where it is made and where it arrives.
   */
  readonly allowNonFinite?: boolean | undefined
}

/** One rank's part in carrying out one plan. */
export interface Reduction {
  /**
   * Moves the values until they are reduced.
   *
   * @returns the digest of the result
   * @throws {AttemptFailure} naming the peer at fault, where one is; or what
   * {@link fail} was given. The values are then anything: restore them
   */
  run(): Promise<Uint8Array>
  /** Ends it; the first error counts, and none after the end. */
  fail(error: Error): void
  /**
   * Resolves when no send borrows the values any more. Wait for it after a
   * failure: who restores them while a frame is on its way out sends a mixture.
   */
  released(): Promise<void>
  /** Bytes of data frames so far, headers included. */
  readonly bytesSent: number
  readonly bytesReceived: number
  /** Segments sent, received or finished so far, and at the end. */
  readonly segmentsDone: number
  readonly segmentsTotal: number
  /** Ranks from which a segment could be taken in right now, were it here. */
  awaited(): readonly number[]
  /** Ranks that a send is waiting for. */
  blocked(): readonly number[]
  /** Segments offered to each rank, one that is on its way included. */
  readonly offered: ReadonlyMap<number, number>
  /** Segments taken from each rank. */
  readonly taken: ReadonlyMap<number, number>
  /** What a rule made of each contribution, the same at each rank; once it has run, and by a rule. */
  readonly outliers?: readonly Outlier[] | undefined
}

/**
 * Carries out a plan over the values of one rank. Nothing is sent before
 * {@link Reduction.run}.
 *
 * @throws {AttemptFailure} when the plan and the values do not fit
 */
export function createReduction(init: ReductionInit): Reduction {
  const { plan, rank, values, undo } = init
  assertFits(init)
  const chunks = chunkRanges(plan, shapeOf(plan))
  const steps = stepsOf(plan, rank)
  const layout = createLayout(chunks, plan.segmentLength)
  const store: SegmentStore = isCounted(values)
    ? createCountedStore({ ...init, steps, layout })
    : new ValueStore({
        ...init,
        values,
        steps,
        layout,
        residual: init.residual,
        allowNonFinite: init.allowNonFinite ?? false
      })
  return createStepReduction({
    ...init,
    ...{ steps, layout, store },
    finished() {
      if (plan.collective !== 'reduceScatter') return
      const finished = steps.filter(({ op }) => op === 'finish')
      const own = new Set(finished.map(({ chunk }) => chunk))
      // only this rank's part is a result: the rest is the caller's again
      undo.restoreAround(chunks.filter((_, chunk) => own.has(chunk)))
    }
  })
}

function assertFits({ plan, rank, values, weight, codec }: ReductionInit): void {
  const wrong = (what: string): never => {
    throw new AttemptFailure(`this peer cannot carry out the plan: ${what}`)
  }
  if (plan.members[rank] === undefined) wrong(`it has no rank ${rank}`)
  if (values.length !== plan.length) wrong(`${values.length} values instead of ${plan.length}`)
  if (!isOfDType(values, plan.dtype)) wrong(`the values are no ${plan.dtype}`)
  if (!(weight >= 0 && weight < Infinity)) wrong(`its weight is ${weight}`)
  if (codec !== undefined && plan.dtype !== 'float32') {
    wrong(`the codec ${codec.name} is for float32, not ${plan.dtype}`)
  }
}
