import type { Clock, Hasher, PeerId, PlanMember } from '@daa-compute/interface'
import { ANSWER_MS, SETTLE_MS } from '../../constants.ts'
import type { Pair } from './arrangement.ts'
import { coordinatorsOf } from './configuration.ts'
import { Coordinator } from './coordinator.ts'
import type {
  Complaint,
  PrepareMessage,
  PromiseMessage,
  ProposeMessage,
  Report
} from '../wire/messages.ts'
import type { Peers } from '../membership/peers.ts'
import { Presence } from './presence.ts'
import type { Proposal } from './proposal.ts'
import type { Slot } from './slot.ts'
import { type Joiner, succeed } from './succession.ts'
import { type Trouble, troubleOf } from './trouble.ts'

export interface CoordinationInit {
  readonly slot: Slot
  readonly peers: Peers
  readonly clock: Clock
  readonly hasher: Hasher
  readonly minPeers: number
  /** Whether this peer's caller waits for the attempt. */
  isAwaited(): boolean
  /** Longest round trip to any member, ms. */
  rttMs(): number
  /** The pairs of ranks that the run's algorithm uses in a group. */
  pairsOf(members: readonly PlanMember[]): readonly Pair[]
  /** Peers to admit. `now`: by trying the attempt again; otherwise after it. */
  joiners(): { readonly now: readonly Joiner[]; readonly later: readonly Joiner[] }
  /** Tells every other member. */
  broadcast(message: PrepareMessage | ProposeMessage): void
  /** Tells every other member what is wrong as this one sees it. */
  complain(complaint: Complaint): void
}

/**
 * Sees what is wrong with an attempt, tells the others, and has the right member
 * see to a decision: the first in the order of coordinators that is there, and
 * each later one when those before it let its time pass.
 */
export class Coordination {
  /** Who is there to take part. */
  readonly presence: Presence
  readonly #init: CoordinationInit
  readonly #coordinators: () => readonly number[]
  readonly #coordinator: Coordinator
  readonly #neighbours: ReadonlySet<number>
  #failover: { readonly promised: number; readonly cancel: () => void } | undefined
  #isMyTurn = false
  #troubledSinceMs: number | undefined
  #recheck: (() => void) | undefined
  #isOver = false

  constructor(init: CoordinationInit) {
    this.#init = init
    const { slot, peers, hasher, clock, broadcast, isAwaited, rttMs } = init
    this.presence = new Presence({
      slot,
      peers,
      clock,
      isAwaited,
      rttMs,
      lookAgainIn: (ms) => this.#recheckIn(ms)
    })
    this.#coordinators = once(() => coordinatorsOf(slot.config, hasher))
    this.#neighbours = neighboursOf(slot, init.pairsOf(slot.config.members))
    this.#coordinator = new Coordinator({
      slot,
      place: slot.rank,
      clock,
      broadcast,
      sees: () => this.presence.sees(),
      reaches: () => this.presence.reaches(),
      patienceMs: () => this.#answerMs(),
      compose: (reports) => this.#compose(reports),
      failed: () => this.evaluate()
    })
  }

  /** Looks at everything again, after anything has changed. */
  evaluate(): void {
    const { slot } = this.#init
    if (this.#isOver || slot.decision !== undefined) return
    this.#complain()
    const trouble = this.#trouble()
    if (trouble === undefined) this.#troubledSinceMs = undefined
    else this.#troubledSinceMs ??= this.#init.clock.now()
    if (trouble === undefined && !this.#hasJoinersToAdmit()) {
      this.#cancelFailover()
      return
    }
    this.#act(trouble)
  }

  /** Since when the attempt has to be tried again, as far as this peer can tell. */
  get troubledSinceMs(): number | undefined {
    return this.#troubledSinceMs
  }

  /** Whether nobody who is there can tell which of several results counts. */
  get isUnclear(): boolean {
    return this.#coordinator.isUnclear
  }

  /** Whether values are exchanged with a peer in this attempt. */
  needs(peer: PeerId): boolean {
    return this.#neighbours.has(this.#init.slot.rankOf(peer))
  }

  onPromise(rank: number, promise: PromiseMessage): void {
    this.#coordinator.onPromise(rank, promise)
  }

  onRefuse(ballot: number): void {
    this.#coordinator.onRefuse(ballot)
  }

  /** What a member may have missed, as its link is new. */
  repeat(): Iterable<PrepareMessage | ProposeMessage> {
    return this.#coordinator.repeat()
  }

  stop(): void {
    this.#isOver = true
    this.#coordinator.stop()
    this.#cancelFailover()
    this.#recheck?.()
  }

  #act(trouble: Trouble | undefined): void {
    const { slot, clock } = this.#init
    const { promised, proposal } = slot.acceptor
    const { ballot, isResting, proposed } = this.#coordinator
    if (isResting) return
    if (ballot !== 0 && promised === ballot) {
      // a commit was proposed, and since then it has turned out that it will not do
      const isOutdated = proposed?.kind === 'commit' && proposed.result === undefined
      if (trouble !== undefined && isOutdated) this.#coordinator.start()
      return
    }
    const present = this.#coordinators().filter(
      (rank) => rank === slot.rank || this.presence.has(rank)
    )
    const place = present.indexOf(slot.rank)
    const isOthers = promised > 0 && !(proposal?.kind === 'commit' && proposal.result === undefined)
    if (this.#isMyTurn || (place === 0 && !isOthers)) {
      if (this.#isSettling()) return
      this.#isMyTurn = false
      this.#cancelFailover()
      this.#coordinator.start()
      return
    }
    if (this.#failover?.promised === promised) return
    this.#cancelFailover()
    const cancel = clock.schedule(this.#answerMs() * (place + 2), () => {
      this.#failover = undefined
      this.#isMyTurn = true
      this.evaluate()
    })
    this.#failover = { promised, cancel }
  }

  /** What happened to one happens to others: their news may be on its way. */
  #isSettling(): boolean {
    const { clock } = this.#init
    const left = (this.#troubledSinceMs ?? clock.now() - SETTLE_MS) + SETTLE_MS - clock.now()
    if (left <= 0) return false
    this.#recheckIn(left)
    return true
  }

  #recheckIn(ms: number): void {
    if (this.#isOver) return
    this.#recheck ??= this.#init.clock.schedule(ms, () => {
      this.#recheck = undefined
      this.evaluate()
    })
  }

  #complain(): void {
    const { slot, peers, complain } = this.#init
    if (slot.isSplit) complain({ kind: 'failed', culprit: undefined, reason: RESULTS_DIFFER })
    for (const rank of slot.config.members.keys()) {
      // what is broken between others is for them to say, unless nothing can mend it
      if (!this.#neighbours.has(rank) && !this.presence.isGone(rank)) continue
      const reason = this.presence.absence(rank)
      const peer = slot.config.members[rank]?.peer
      if (reason === undefined || peer === undefined) continue
      complain({ kind: peers.suspects.has(peer) ? 'silent' : 'lost', culprit: peer, reason })
    }
  }

  #trouble(): Trouble | undefined {
    const { slot, peers, joiners } = this.#init
    return troubleOf(slot, peers, this.presence, () => joiners().now)
  }

  #hasJoinersToAdmit(): boolean {
    const { slot, joiners } = this.#init
    const planned = slot.acceptor.proposal?.members ?? []
    return joiners().later.some(
      (joiner) => !planned.some((member) => isSame(member, joiner)) && slot.acceptor.promised === 0
    )
  }

  #compose(reports: ReadonlyMap<number, Report>): Proposal {
    const { slot, peers, joiners, minPeers, pairsOf } = this.#init
    const { now, later } = joiners()
    const leaving = new Set(peers.leaving)
    for (const [rank, { peer }] of slot.config.members.entries()) {
      if (slot.quit.has(rank) || this.presence.elsewhere(peer) !== undefined) leaving.add(peer)
    }
    return succeed({
      config: slot.config,
      reports,
      trouble: this.#trouble(),
      leaving,
      minPeers,
      withdrawn: peers.withdrawn,
      linked: new Set([slot.rank, ...this.presence.reaches()]),
      complaints: slot.complaints,
      joiners: [...now, ...later],
      pairsOf
    })
  }

  #answerMs(): number {
    return ANSWER_MS + 4 * this.#init.rttMs()
  }

  #cancelFailover(): void {
    this.#failover?.cancel()
    this.#failover = undefined
  }
}

/** Somebody has sent others something else than it computed with: nobody can tell who. */
const RESULTS_DIFFER = 'the members have come to results that differ'

function neighboursOf(slot: Slot, pairs: readonly Pair[]): ReadonlySet<number> {
  const neighbours = new Set<number>()
  for (const [a, b] of pairs) {
    if (a === slot.rank) neighbours.add(b)
    else if (b === slot.rank) neighbours.add(a)
  }
  return neighbours
}

function isSame(a: PlanMember, b: PlanMember): boolean {
  return a.peer === b.peer && a.incarnation === b.incarnation
}

function once<T>(make: () => T): () => T {
  let made: { readonly value: T } | undefined
  return () => (made ??= { value: make() }).value
}
