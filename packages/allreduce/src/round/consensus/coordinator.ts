import type { Clock } from '@daa-compute/interface'
import { choose } from './choose.ts'
import { quorumOf } from './configuration.ts'
import type { PrepareMessage, PromiseMessage, ProposeMessage, Report } from '../wire/messages.ts'
import type { Proposal } from './proposal.ts'
import type { Slot } from './slot.ts'

export interface CoordinatorInit {
  readonly slot: Slot
  /** This peer's place among the coordinators of the slot. */
  readonly place: number
  readonly clock: Clock
  /** Tells every other member. */
  broadcast(message: PrepareMessage | ProposeMessage): void
  /** Ranks that are there, as far as this peer can tell. */
  sees(): readonly number[]
  /** Ranks to which there is a way. */
  reaches(): readonly number[]
  /** ms in which everybody who is there has answered. */
  patienceMs(): number
  /** What to propose when nothing binds. */
  compose(reports: ReadonlyMap<number, Report>): Proposal
  /** A ballot came to nothing, or was refused. */
  failed(): void
}

/**
 * A member that sees to it that an attempt is decided otherwise than by everybody
 * finishing it: the proposer of Paxos. Any member may be one at any time, several
 * at once, and any can finish what another began; that costs time, never safety.
 */
export class Coordinator {
  readonly #init: CoordinatorInit
  readonly #reports = new Map<number, Report>()
  #ballot = 0
  #proposed: Proposal | undefined
  #cancel: (() => void) | undefined
  #isLate = false
  #isUnclear = false
  #isOver = false
  #tries = 0

  constructor(init: CoordinatorInit) {
    this.#init = init
  }

  /** The ballot under way; 0 if there is none. */
  get ballot(): number {
    return this.#ballot
  }

  /** Whether it lets some time pass before it tries again. */
  get isResting(): boolean {
    return this.#ballot === 0 && this.#cancel !== undefined
  }

  /** What it has proposed in it. */
  get proposed(): Proposal | undefined {
    return this.#proposed
  }

  /**
   * Whether all who are there have promised and cannot tell by that which of several
   * results counts: members that are not there may have made it so.
   */
  get isUnclear(): boolean {
    return this.#isUnclear
  }

  /** Opens a ballot of its own above all that are known. */
  start(): void {
    const { slot, place, broadcast, reaches } = this.#init
    const size = slot.config.members.length
    // the ballots of a place are place + 1, place + 1 + size and so on: nobody shares one
    this.#ballot = (Math.floor(slot.highest / size) + 1) * size + place + 1
    this.#reports.clear()
    this.#proposed = undefined
    this.#isLate = false
    const own = slot.promise(this.#ballot, reaches())
    if (own !== undefined) this.#reports.set(slot.rank, own)
    broadcast({ type: 'prepare', ...slot.ref, ballot: this.#ballot })
    this.#wait()
    this.advance()
  }

  /** A member has promised. */
  onPromise(rank: number, promise: PromiseMessage): void {
    if (promise.ballot !== this.#ballot || this.#proposed !== undefined) return
    this.#reports.set(rank, promise)
    this.advance()
  }

  /** A member has promised a higher ballot to another. */
  onRefuse(ballot: number): void {
    const { slot } = this.#init
    slot.highest = Math.max(slot.highest, ballot)
    if (this.#ballot === 0 || ballot <= this.#ballot) return
    this.#ballot = 0
    this.#tries++
    this.#wait()
  }

  /** Proposes, once everybody who is there has promised, or a quorum has and time is up. */
  advance(): void {
    const { slot, broadcast, compose, sees } = this.#init
    if (this.#ballot === 0 || this.#proposed !== undefined || slot.decision !== undefined) return
    const size = slot.config.members.length
    if (this.#reports.size < quorumOf(size)) return
    const isComplete = sees().every((rank) => this.#reports.has(rank))
    if (!isComplete && !this.#isLate) return
    this.#renewOwnReport()
    const choice = choose(this.#reports, size, (rank, ballot, proposal) =>
      slot.mayHaveVoted(rank, ballot, proposal)
    )
    this.#isUnclear = choice.type === 'unclear' && isComplete
    if (choice.type === 'unclear') return
    this.#proposed = choice.type === 'bound' ? choice.proposal : compose(this.#reports)
    const message = {
      type: 'propose',
      ...slot.ref,
      ballot: this.#ballot,
      proposal: this.#proposed
    } as const
    broadcast(message)
    slot.propose(message)
  }

  /** What a member may have missed, as its link is new. */
  *repeat(): Generator<PrepareMessage | ProposeMessage> {
    const { ref } = this.#init.slot
    if (this.#ballot === 0) return
    if (this.#proposed === undefined) yield { type: 'prepare', ...ref, ballot: this.#ballot }
    else yield { type: 'propose', ...ref, ballot: this.#ballot, proposal: this.#proposed }
  }

  stop(): void {
    this.#isOver = true
    this.#cancel?.()
    this.#cancel = undefined
  }

  /** The ballot may have been opened before the links were there over which it was answered. */
  #renewOwnReport(): void {
    const { slot, reaches } = this.#init
    const own = this.#reports.get(slot.rank)
    if (own === undefined) return
    const entered = slot.entered.has(slot.rank)
    const patienceOver = slot.impatient.has(slot.rank)
    const holds = slot.acceptor.held
    this.#reports.set(slot.rank, { ...own, holds, entered, patienceOver, sees: reaches() })
  }

  /** Ever longer, and longer for who comes later, so that rivals get out of step. */
  #wait(): void {
    const { clock, patienceMs, place } = this.#init
    this.#cancel?.()
    if (this.#isOver) return
    const patience = patienceMs() * Math.min(2 ** this.#tries, 32) * (1 + place / 4)
    this.#cancel = clock.schedule(patience, () => this.#timeUp())
  }

  #timeUp(): void {
    this.#cancel = undefined
    if (this.#init.slot.decision !== undefined) return
    // whoever finishes the attempt accepts it: that takes as long as it takes
    if (this.#proposed?.kind === 'commit' && this.#proposed.result === undefined) return
    if (this.#ballot !== 0 && !this.#isLate && this.#proposed === undefined) {
      this.#isLate = true
      this.advance()
      // a quorum may be all that will ever answer; another wait for its votes
      if (this.#proposed !== undefined) return this.#wait()
    }
    this.#tries++
    this.#ballot = 0
    this.#init.failed()
  }
}
