import { type Algorithm, type Collective, DaaError } from '@daa-compute/interface'
import type { CodecClass } from './codec-use.ts'

/** Codes of a {@link ScheduleError} and what each carries. */
export interface ScheduleErrorDetails {
  /** The codec cannot carry what this algorithm sends; those in `instead` can. */
  CODEC_MISFIT: {
    readonly codec: string
    readonly codecClass: CodecClass
    readonly algorithm: Algorithm
    readonly collective: Collective
    readonly instead: readonly Algorithm[]
  }
  /** A plan's `field` contradicts the rest of it. */
  BAD_PLAN: { readonly field: string; readonly reason: string }
}

/** What is wrong with a plan before anything is sent. */
export class ScheduleError<
  Code extends keyof ScheduleErrorDetails = keyof ScheduleErrorDetails
> extends DaaError<ScheduleErrorDetails, Code> {
  override readonly name: string = 'ScheduleError'
}

/** An error that says which field of a plan is wrong, and how. */
export function badPlan(field: string, reason: string): ScheduleError<'BAD_PLAN'> {
  return new ScheduleError(
    'BAD_PLAN',
    `the plan's ${field} ${reason}: it was made by other rules`,
    {
      field,
      reason
    }
  )
}
