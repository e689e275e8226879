import type { Attempt, RoundRequest } from '@daa-compute/interface'
import type { LiveAttempt } from './attempt/live-attempt.ts'
import type { Place } from './consensus/chain.ts'
import type { Slot } from './consensus/slot.ts'

/** A call that waits for an attempt. */
export interface Call {
  readonly request: RoundRequest
  readonly late: boolean
  /** Whether it would rather fail than go on in a lineage that is not the best it knows of. */
  readonly yields: boolean
  /** Whether a lineage may begin with what it brings. */
  readonly founds: boolean
  readonly result: PromiseWithResolvers<Attempt>
  readonly sinceMs: number
  /** When the one before began, ms: what was asked of others then is answered. */
  readonly newsSinceMs: number
  /** @throws {RoundError} when a group of so many is too much for this peer */
  assertFits(size: number): void
  /** Whether half of its time is over: better a group without those who have not asked than none. */
  isHurried: boolean
}

/** What this peer's caller waits for, and what it has counted. */
export class Caller {
  /** The rounds that it has counted. */
  place: Place = { lineage: '', sequence: 0 }
  /** The call that waits for an attempt. */
  call: Call | undefined
  /** When the latest call began, ms. */
  calledMs: number = Number.POSITIVE_INFINITY
  /** What it asked for, from which plans are derived. */
  lastRequest: RoundRequest | undefined
  /** The attempt that it has a part in. */
  attempt: LiveAttempt | undefined
  /** Whether what it brings may count already, in a lineage that was left. */
  isInDoubt = false

  /** There is a call. */
  take(call: Call): void {
    this.call = call
    this.calledMs = call.sinceMs
    this.lastRequest = call.request
  }

  /** Whether it waits for a round. */
  get isAwaited(): boolean {
    return this.call !== undefined || this.attempt !== undefined
  }

  /** Its attempt, unless that is about an earlier slot. */
  attemptIn(slot: Slot | undefined): LiveAttempt | undefined {
    return this.attempt?.slot === slot ? this.attempt : undefined
  }
}
