import type { Ballot, PeerId } from '@daa-compute/interface'
import { MAX_KEPT_VOTES } from '../constants.ts'
import type { VoteMessage } from './messages.ts'
import { toHex } from './plan.ts'

/**
 * Votes on plans, the last few of each peer: a vote can be here before the plan
 * has formed here, and this peer's own are repeated to whom they may have missed.
 */
export class VoteBook {
  readonly #votes = new Map<PeerId, Map<string, VoteMessage>>()

  /** Keeps a vote; of two on one plan the first. */
  add(peer: PeerId, vote: VoteMessage): void {
    const votes = this.#votes.get(peer) ?? new Map<string, VoteMessage>()
    this.#votes.set(peer, votes)
    const plan = toHex(vote.planDigest)
    if (!votes.has(plan)) votes.set(plan, vote)
    const [oldest] = votes.keys()
    if (votes.size > MAX_KEPT_VOTES && oldest !== undefined) votes.delete(oldest)
  }

  /** A peer's vote on a plan. */
  get(peer: PeerId, planDigest: Uint8Array): Ballot | undefined {
    return this.#votes.get(peer)?.get(toHex(planDigest))?.ballot
  }

  /** A peer's votes, oldest first. */
  of(peer: PeerId): Iterable<VoteMessage> {
    return this.#votes.get(peer)?.values() ?? []
  }

  /** Forgets a peer that is gone for good or comes back as another. */
  forget(peer: PeerId): void {
    this.#votes.delete(peer)
  }
}
