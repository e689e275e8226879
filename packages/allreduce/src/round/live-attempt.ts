import type { Attempt, Ballot, PeerId, Plan, Verdict } from '@daa-compute/interface'
import { AttemptFailure } from '../executor/attempt-failure.ts'
import type { ProposeMessage } from './messages.ts'
import { sameDigest } from './plan.ts'

export interface LiveAttemptInit {
  readonly plan: Plan
  readonly self: PeerId
  /** Sends this peer's vote to every other member. */
  broadcast(ballot: Ballot): void
  /** Called once, with the verdict. */
  decided(verdict: Verdict): void
}

/**
 * One attempt's voting. Unanimous: it commits when every member has voted to
 * commit with the same digest, and a single vote against it, or the knowledge
 * that a member will never vote, ends it.
 *
 * Why no two members decide differently: `commit` needs everybody's vote for
 * it, `abort` needs somebody who voted against or declared not to vote. Both
 * cannot be. Who has voted to commit and loses a member's vote to a crash has
 * neither, and says so (`unknown`).
 */
export class LiveAttempt implements Attempt {
  readonly plan: Plan
  readonly #init: LiveAttemptInit
  readonly #votes = new Map<PeerId, Ballot>()
  readonly #gone = new Set<PeerId>()
  readonly #doom = new AbortController()
  readonly #verdict = Promise.withResolvers<Verdict>()
  #decided = false

  constructor(init: LiveAttemptInit) {
    this.#init = init
    this.plan = init.plan
  }

  get doomed(): AbortSignal {
    return this.#doom.signal
  }

  vote(ballot: Ballot): Promise<Verdict> {
    const { self, broadcast } = this.#init
    if (!this.#votes.has(self)) {
      this.#votes.set(self, ballot)
      broadcast(ballot)
      this.#evaluate()
    }
    return this.#verdict.promise
  }

  /** Another member's vote has come; its first one counts. */
  onVote(peer: PeerId, ballot: Ballot): void {
    if (!this.#isMember(peer) || this.#votes.has(peer)) return
    this.#votes.set(peer, ballot)
    this.#gone.delete(peer)
    if (ballot.type === 'abort') this.#fail(new AttemptFailure(ballot.reason, ballot.culprit))
    this.#evaluate()
  }

  /** A member has declared that it will not vote: as good as a vote against. */
  onWithdraw(peer: PeerId): void {
    this.onVote(peer, { type: 'abort', culprit: peer, reason: `${peer} withdrew from the round` })
  }

  /**
   * A member proposes another plan for this very attempt, or one after it: it
   * has never formed this one and will not take part.
   */
  onProposal(peer: PeerId, proposal: ProposeMessage): void {
    const { id, digest } = this.plan
    const elsewhere =
      proposal.sequence === id.sequence &&
      proposal.attempt >= id.attempt &&
      !sameDigest(proposal.planDigest, digest)
    if (elsewhere) this.onWithdraw(peer)
  }

  /** A member is gone, and perhaps its vote with it. */
  onDown(peer: PeerId, reason: string): void {
    if (!this.#isMember(peer) || this.#votes.has(peer)) return
    this.#gone.add(peer)
    this.#fail(new AttemptFailure(`${peer} is gone: ${reason}`, peer))
    this.#evaluate()
  }

  /** Members whose vote is not here yet. */
  awaited(): PeerId[] {
    return this.#members().filter((peer) => !this.#votes.has(peer) && !this.#gone.has(peer))
  }

  #evaluate(): void {
    const own = this.#votes.get(this.#init.self)
    if (own === undefined || this.#decided) return
    const against = [...this.#votes].find(([, ballot]) => ballot.type === 'abort')
    if (against !== undefined) {
      const [reporter, ballot] = against
      if (ballot.type === 'abort') this.#decide({ ...ballot, reporter })
      return
    }
    const divergent = this.#divergent()
    if (divergent !== undefined) return this.#decide(divergent)
    if (this.awaited().length > 0) return
    if (this.#gone.size > 0) this.#decide({ type: 'unknown', missing: [...this.#gone] })
    else this.#decide({ type: 'commit' })
  }

  /** Two different digests can never become a commit, whoever is right. */
  #divergent(): Verdict | undefined {
    let first: { peer: PeerId; digest: Uint8Array } | undefined
    for (const peer of this.#members()) {
      const ballot = this.#votes.get(peer)
      if (ballot?.type !== 'commit') continue
      first ??= { peer, digest: ballot.digest }
      if (sameDigest(first.digest, ballot.digest)) continue
      const reason = `the results of ${first.peer} and ${peer} differ`
      return { type: 'abort', culprit: undefined, reporter: this.#init.self, reason }
    }
    return undefined
  }

  #decide(verdict: Verdict): void {
    this.#decided = true
    this.#init.decided(verdict)
    this.#verdict.resolve(verdict)
  }

  #fail(failure: AttemptFailure): void {
    if (!this.#doom.signal.aborted) this.#doom.abort(failure)
  }

  #isMember(peer: PeerId): boolean {
    return peer !== this.#init.self && this.#members().includes(peer)
  }

  #members(): PeerId[] {
    return this.plan.members.map((member) => member.peer)
  }
}
