import type { AbortOptions } from './abort.ts'
import type { PeerId } from './peer-id.ts'
import type { Plan, RoundRequest } from './round.ts'

/** What a member has to say when its part of an attempt is over. */
export type Ballot =
  /** It has the whole result, and this is the result's digest. */
  | { readonly type: 'commit'; readonly digest: Uint8Array }
  /** It does not, for this reason and, where one is known, because of this peer. */
  | { readonly type: 'abort'; readonly culprit: PeerId | undefined; readonly reason: string }

/** The one decision about an attempt. */
export type Verdict =
  /** Every member has the same result. */
  | { readonly type: 'commit' }
  /** No member has committed and none will. `reporter` is who said so first. */
  | {
      readonly type: 'abort'
      readonly culprit: PeerId | undefined
      readonly reporter: PeerId
      readonly reason: string
    }
  /** This peer voted to commit and cannot learn what became of it: these never answered. */
  | { readonly type: 'unknown'; readonly missing: readonly PeerId[] }

/** An attempt that this peer takes part in. */
export interface Attempt {
  /** Equal, digest included, at every member. */
  readonly plan: Plan

  /**
   * Aborted when the attempt can no longer be committed: a member has voted
   * against it or is gone. What remains is to stop and to vote.
   */
  readonly doomed: AbortSignal

  /** Gives this peer's one vote and waits for the verdict. */
  vote(ballot: Ballot): Promise<Verdict>
}

/**
 * Takes the decisions of a run that have to be the same everywhere: who takes
 * part in a round, by which plan, and whether it counts.
 *
 * Whatever the mechanism: two members never hold different plans for one
 * attempt, and never does one get `commit` where another gets `abort`.
 */
export interface Decider {
  /**
   * Agrees with the other peers of the run on the next attempt.
   *
   * @throws a typed error when no group forms in time, or the peers' requests
   * do not match
   */
  form(request: RoundRequest, options?: AbortOptions): Promise<Attempt>

  /** Leaves the run politely and releases everything. Idempotent. */
  stop(): Promise<void>
}
