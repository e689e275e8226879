import type { AbortOptions } from './abort.ts'
import type { PeerId } from './peer-id.ts'
import type { Plan, RoundRequest } from './round.ts'

/** What a member has to say when its part of an attempt is over. */
export type Ballot =
  /** It holds the whole result, and this is the result's digest. */
  | { readonly type: 'commit'; readonly digest: Uint8Array }
  /** It does not, for this reason and, where one is known, because of this peer. */
  | { readonly type: 'abort'; readonly culprit: PeerId | undefined; readonly reason: string }

/** What becomes of an attempt. */
export type Verdict =
  /** The result with this digest counts: this peer holds it, and nobody resolves with another. */
  | { readonly type: 'commit'; readonly digest: Uint8Array }
  /** That result counts, or may; this peer does not hold it yet: get it from one of these, then vote again. */
  | { readonly type: 'fetch'; readonly digest: Uint8Array; readonly holders: readonly PeerId[] }
  /** The attempt does not count and never will; form the next one. */
  | { readonly type: 'retry'; readonly culprit: PeerId | undefined; readonly reason: string }
  /** This peer has left the configuration; the others may count the attempt. Form another. */
  | { readonly type: 'left'; readonly reason: string }
  /** This peer voted to commit and cannot learn what became of it: too few of these answer. */
  | { readonly type: 'unknown'; readonly missing: readonly PeerId[] }

/** How far the reduction of an attempt has come. */
export interface AttemptProgress {
  /** Segments done. */
  readonly done: number
  /** Ranks from which a segment could be taken in right now, were it here. */
  readonly awaited: readonly number[]
  /** Segments offered to each rank, one that is on its way included. */
  readonly offered: ReadonlyMap<number, number>
  /** Segments taken from each rank. */
  readonly taken: ReadonlyMap<number, number>
}

/** An attempt that this peer takes part in. */
export interface Attempt {
  /** Equal, digest included, at every member. */
  readonly plan: Plan

  /** Whether it was decided before this peer's caller came to it: all that remains is to get the result. */
  readonly isDecided: boolean

  /**
   * Aborted when this peer need not go on reducing: the attempt is decided
   * without it, or cannot succeed any more. What remains is to stop and to vote.
   */
  readonly doomed: AbortSignal

  /** Lets the decider look at how the reduction is going, to find out who holds it up. */
  observe(progress: () => AttemptProgress): void

  /** Says what this peer has and waits for what becomes of the attempt. */
  vote(ballot: Ballot): Promise<Verdict>

  /** Has no part in it any more, without waiting for what becomes of it. */
  abandon(reason: string): void

  /** Whether every member is known to hold the result, waiting that many ms at most. */
  acknowledged(withinMs: number): Promise<boolean>
}

/**
 * Takes the decisions of a run that have to be the same everywhere: who takes
 * part in a round, by which plan, and whether it counts.
 *
 * Whatever the mechanism: two members never hold different plans for one
 * attempt, and never does one get `commit` where another gets `retry`.
 */
export interface Decider {
  /**
   * Takes part in the next attempt of the coming round.
   *
   * @throws a typed error when there is none in time, the peers' requests do not
   * match, or this peer has missed rounds
   */
  form(request: RoundRequest, options?: AbortOptions): Promise<Attempt>

  /** Leaves the run politely and releases everything. Idempotent. */
  stop(): Promise<void>
}
