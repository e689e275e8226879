import type { Attempt, Ballot, Clock, PeerId, Plan, Verdict } from '@daa-compute/interface'
import { STALL_AFTER_MS } from '../constants.ts'
import { AttemptFailure } from '../executor/attempt-failure.ts'
import { sameDigest } from './plan.ts'

export interface LiveAttemptInit {
  readonly plan: Plan
  readonly self: PeerId
  readonly clock: Clock
  /** Sends this peer's vote to every other member. */
  broadcast(ballot: Ballot): void
  /** A member is alive and does not vote. */
  giveUp(peer: PeerId, reason: string): void
  /** Called once, with the verdict. */
  decided(verdict: Verdict): void
}

/**
 * One attempt's voting. Unanimous: it commits when every member has voted to
 * commit with the same digest, and aborts when one has voted against.
 *
 * Why no two members decide differently: every member votes once on a plan, and
 * a plan it gives up before it has formed it votes against, too. `commit` needs
 * everybody's vote for it, `abort` somebody's against. Nothing else is taken for
 * either, whatever it suggests; whoever has voted to commit and loses a member's
 * vote to a crash has neither, and says so (`unknown`).
 *
 * Before this peer has voted, any suspicion will do to vote against: that is
 * what {@link doomed} is for.
 */
export class LiveAttempt implements Attempt {
  readonly plan: Plan
  readonly #init: LiveAttemptInit
  readonly #votes = new Map<PeerId, Ballot>()
  readonly #gone = new Set<PeerId>()
  readonly #doom = new AbortController()
  readonly #verdict = Promise.withResolvers<Verdict>()
  #cancelDeadline: (() => void) | undefined
  #decided = false

  constructor(init: LiveAttemptInit) {
    this.#init = init
    this.plan = init.plan
  }

  get doomed(): AbortSignal {
    return this.#doom.signal
  }

  vote(ballot: Ballot): Promise<Verdict> {
    const { self, clock, broadcast } = this.#init
    if (!this.#votes.has(self)) {
      this.#votes.set(self, ballot)
      broadcast(ballot)
      this.#evaluate()
      if (!this.#decided) {
        this.#cancelDeadline = clock.schedule(STALL_AFTER_MS, () => this.#giveUpTheMute())
      }
    }
    return this.#verdict.promise
  }

  /** Another member's vote has come; its first one counts. */
  onVote(peer: PeerId, ballot: Ballot): void {
    if (!this.#isMember(peer) || this.#votes.has(peer)) return
    this.#votes.set(peer, ballot)
    this.#gone.delete(peer)
    if (ballot.type === 'abort') this.doom(new AttemptFailure(ballot.reason, ballot.culprit))
    this.#evaluate()
  }

  /** A member is gone, and perhaps its vote with it. */
  onDown(peer: PeerId, reason: string): void {
    if (!this.#isMember(peer) || this.#votes.has(peer)) return
    this.#gone.add(peer)
    this.doom(new AttemptFailure(`${peer} is gone: ${reason}`, peer))
    this.#evaluate()
  }

  /** This peer leaves: it waits for nobody any more. */
  leave(): void {
    const { self } = this.#init
    this.doom(new AttemptFailure(`${self} left the run`, self))
    if (this.#votes.has(self)) {
      for (const peer of this.awaited()) this.#gone.add(peer)
      this.#evaluate()
    } else {
      void this.vote({ type: 'abort', culprit: self, reason: `${self} left the run` })
    }
  }

  /** Has this peer vote against, if it has not voted. */
  doom(failure: AttemptFailure): void {
    if (!this.#doom.signal.aborted) this.#doom.abort(failure)
  }

  /** Members whose vote is not here yet and may come. */
  awaited(): PeerId[] {
    return this.#members().filter((peer) => !this.#votes.has(peer) && !this.#gone.has(peer))
  }

  #giveUpTheMute(): void {
    for (const peer of this.awaited()) {
      this.#init.giveUp(peer, `it did not vote for ${STALL_AFTER_MS} ms`)
      // in case there was no link to lose
      this.onDown(peer, 'it did not vote')
    }
  }

  #evaluate(): void {
    if (!this.#votes.has(this.#init.self) || this.#decided) return
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
    this.#cancelDeadline?.()
    this.#init.decided(verdict)
    this.#verdict.resolve(verdict)
  }

  #isMember(peer: PeerId): boolean {
    return peer !== this.#init.self && this.#members().includes(peer)
  }

  #members(): PeerId[] {
    return this.plan.members.map((member) => member.peer)
  }
}
