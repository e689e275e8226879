import type { Attempt, ErrorFeedback, FeedbackRound, Plan, Verdict } from '@daa-compute/interface'
import { sameDigest } from './round/wire/digest.ts'
import type { Flat } from './tensors.ts'

interface Entry {
  readonly round: FeedbackRound
  readonly plan: Plan
  readonly layout: string
}

/**
 * Makes error feedback part of a round's commit-or-not.
 *
 * | what becomes of the attempt                        | the residual                      |
 * | -------------------------------------------------- | --------------------------------- |
 * | it counts                                          | is what the attempt has lost      |
 * | it is tried again                                  | is as before                      |
 * | nobody can say: `OUTCOME_UNKNOWN`, `QUORUM_LOST`,  | stays in doubt until the next     |
 * | the call was aborted, this peer left the group     | call learns which                 |
 * | the next call ends it (`recovered`)                | is what that attempt has lost     |
 * | the next call tries the same round again           | is as before that attempt         |
 * | the run has gone on (`BEHIND`, or `enterLate`)     | is forgotten: it may be in the    |
 * |                                                    | result, and must not count twice  |
 */
export class ResidualLedger {
  readonly #feedback: ErrorFeedback | undefined
  #open: Entry | undefined
  /** Of an attempt whose outcome is not known; what it has kept is complete if it counts. */
  #doubt: Entry | undefined

  constructor(feedback: ErrorFeedback | undefined) {
    this.#feedback = feedback
  }

  /** Learns from the next attempt that this peer has a part in what became of the one in doubt. */
  meet({ plan, isDecided }: Pick<Attempt, 'plan' | 'isDecided'>): void {
    const doubt = this.#doubt
    if (doubt === undefined) return
    this.#doubt = undefined
    if (isDecided && sameDigest(doubt.plan.digest, plan.digest)) {
      this.#open = doubt
      return
    }
    doubt.round.rollback()
    const { lineage, sequence } = doubt.plan.id
    const isSameRound = plan.id.lineage === lineage && plan.id.sequence === sequence
    if (!isSameRound) this.#feedback?.forget(doubt.layout)
  }

  /** The values of this peer are about to be encoded. */
  begin(
    plan: Plan,
    { values, layout }: Pick<Flat, 'values' | 'layout'>
  ): FeedbackRound | undefined {
    if (this.#feedback === undefined) return undefined
    const key = `${plan.op} ${values.length} ${layout}`
    const round = this.#feedback.begin(key, values.length)
    this.#open = { round, plan, layout: key }
    return round
  }

  /** What becomes of it is known, or that it is not. */
  close(outcome: Exclude<Verdict['type'], 'fetch'>): void {
    const open = this.#open
    if (open === undefined) return
    this.#open = undefined
    if (outcome === 'commit') open.round.commit()
    else if (outcome === 'retry') open.round.rollback()
    else this.#doubt = open
  }
}
