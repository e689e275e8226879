import type { Attempt, Plan, Verdict } from '@daa-compute/interface'
import { sameDigest } from './round/wire/digest.ts'
import type { Values } from './executor/tensor.ts'

/** What an attempt would change of what this peer remembers: a residual, a warm start. */
export interface Stake {
  /** The round counts, and this is its result. */
  commit(result: Values): void
  /** It does not. */
  rollback(): void
  /** Nobody can say any more. */
  forget(): void
}

interface Entry {
  readonly plan: Plan
  readonly stake: Stake
}

/**
 * Makes what lossy compression remembers part of a round's commit-or-not.
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
  #open: Entry | undefined
  /** Of an attempt whose outcome is not known; what it has kept is complete if it counts. */
  #doubt: Entry | undefined

  /** Learns from the next attempt that this peer has a part in what became of the one in doubt. */
  meet({ plan, isDecided }: Pick<Attempt, 'plan' | 'isDecided'>): void {
    const doubt = this.#doubt
    if (doubt === undefined) return
    this.#doubt = undefined
    if (isDecided && sameDigest(doubt.plan.digest, plan.digest)) {
      this.#open = doubt
      return
    }
    doubt.stake.rollback()
    const { lineage, sequence } = doubt.plan.id
    const isSameRound = plan.id.lineage === lineage && plan.id.sequence === sequence
    if (!isSameRound) doubt.stake.forget()
  }

  /** The values of this peer are about to be encoded. */
  begin(plan: Plan, stake: Stake): void {
    this.#open = { plan, stake }
  }

  /**
   * What becomes of it is known, or that it is not.
   *
   * @param result when it counts
   */
  close(outcome: Exclude<Verdict['type'], 'fetch'>, result: Values): void {
    const open = this.#open
    if (open === undefined) return
    this.#open = undefined
    if (outcome === 'commit') open.stake.commit(result)
    else if (outcome === 'retry') open.stake.rollback()
    else this.#doubt = open
  }
}
