import type { Clock, Hasher, PeerId, PlanMember } from '@daa-compute/interface'
import { ANSWER_MS, IDLE_LINK_GRACE_MS, LINK_GRACE_MS, SETTLE_MS } from '../../constants.ts'
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
import type { Proposal } from './proposal.ts'
import type { Slot } from './slot.ts'
import { type Joiner, succeed } from './succession.ts'

/** Why an attempt has to be tried again. */
type Trouble = Pick<Proposal, 'culprit' | 'reason'>

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
    const { slot, hasher, clock, broadcast } = init
    this.#coordinators = once(() => coordinatorsOf(slot.config, hasher))
    this.#neighbours = neighboursOf(slot, init.pairsOf(slot.config.members))
    this.#coordinator = new Coordinator({
      slot,
      place: slot.rank,
      clock,
      broadcast,
      sees: () => this.sees(),
      reaches: () => this.reaches(),
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

  /** Ranks of the other members that are there, as far as this peer can tell. */
  sees(): readonly number[] {
    const { slot } = this.#init
    const ranks: number[] = []
    // asked for at every turn
    for (let rank = 0; rank < slot.config.members.length; rank++) {
      if (rank !== slot.rank && this.#isPresent(rank)) ranks.push(rank)
    }
    return ranks
  }

  /** Ranks of the other members to which there is a way, whether they answer or not. */
  reaches(): readonly number[] {
    const { slot, peers } = this.#init
    return [...slot.config.members.entries()]
      .filter(
        ([rank, { peer }]) => this.#isLinked(rank) && peers.suspects.get(peer)?.kind !== 'stalled'
      )
      .map(([rank]) => rank)
  }

  /** Why a member is not there; `undefined` if it is, or may yet be. */
  absence(rank: number): string | undefined {
    const { slot, peers, clock } = this.#init
    const member = slot.config.members[rank]
    if (member === undefined || rank === slot.rank) return undefined
    const { peer, incarnation } = member
    const theirs = peers.incarnationOf(peer)
    if (slot.quit.has(rank)) return 'it has left the group'
    if (theirs !== undefined) {
      if (theirs !== incarnation) return 'it was restarted'
      return peers.suspects.get(peer)?.reason ?? this.#elsewhere(peer)
    }
    const down = peers.downOf(peer)
    const left = down.sinceMs + this.#graceMs() - clock.now()
    if (down.left || left <= 0) return down.reason
    this.#recheckIn(left)
    return undefined
  }

  /**
   * Whether a member goes on nowhere: it has been restarted, so that the member it
   * was is dead for certain, or has left and looks for a group.
   */
  isGone(rank: number): boolean {
    const { slot, peers } = this.#init
    const member = slot.config.members[rank]
    const theirs = member && peers.incarnationOf(member.peer)
    if (member === undefined || theirs === undefined) return false
    const isSeeking = peers.positions.get(member.peer)?.size === 0
    return theirs !== member.incarnation || (slot.quit.has(rank) && isSeeking)
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
      (rank) => rank === slot.rank || this.#isPresent(rank)
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
    for (const rank of slot.config.members.keys()) {
      // what is broken between others is for them to say, unless nothing can mend it
      if (!this.#neighbours.has(rank) && !this.isGone(rank)) continue
      const reason = this.absence(rank)
      const peer = slot.config.members[rank]?.peer
      if (reason === undefined || peer === undefined) continue
      complain({ kind: peers.suspects.has(peer) ? 'silent' : 'lost', culprit: peer, reason })
    }
  }

  #trouble(): Trouble | undefined {
    const { slot, peers, joiners } = this.#init
    const first = [...slot.complaints.values()].flat().find(({ kind }) => kind !== 'leaving')
    if (first !== undefined) return { culprit: first.culprit, reason: first.reason }
    const leaver = slot.config.members.find(({ peer }) => peers.leaving.has(peer))?.peer
    const somebodyStays = slot.config.members.some(
      ({ peer }, rank) => !peers.leaving.has(peer) && (rank === slot.rank || this.#isPresent(rank))
    )
    if (leaver !== undefined && somebodyStays) {
      return { culprit: leaver, reason: `${leaver} leaves the run` }
    }
    const { now } = joiners()
    if (now.length > 0) return { culprit: undefined, reason: 'peers join the run' }
    return this.#tardiness()
  }

  /** Who has joined the attempt waits no longer for who has not. */
  #tardiness(): Trouble | undefined {
    const { slot, peers } = this.#init
    const { impatient, config } = slot
    // who has joined and died since has no say
    const isHere = (rank: number): boolean =>
      slot.entered.has(rank) && (rank === slot.rank || this.#isPresent(rank))
    const ranks = [...config.members.keys()]
    const entered = ranks.filter(isHere)
    if (entered.length === 0) return undefined
    const absent = ranks.filter((rank) => !slot.entered.has(rank))
    if (absent.length === 0) return undefined
    const isPatienceOver = entered.every((rank) => impatient.has(rank))
    const allWithdrew = absent.every((rank) => {
      const peer = config.members[rank]?.peer
      return peer !== undefined && peers.withdrawn.has(peer)
    })
    if (!isPatienceOver && !allWithdrew) return undefined
    const culprit = config.members[absent[0] ?? -1]?.peer
    return { culprit, reason: `${culprit} has not joined the round in time` }
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
      if (slot.quit.has(rank) || this.#elsewhere(peer) !== undefined) leaving.add(peer)
    }
    return succeed({
      config: slot.config,
      reports,
      trouble: this.#trouble(),
      leaving,
      minPeers,
      withdrawn: peers.withdrawn,
      linked: new Set([slot.rank, ...this.reaches()]),
      complaints: slot.complaints,
      joiners: [...now, ...later],
      pairsOf
    })
  }

  #isPresent(rank: number): boolean {
    const { slot, peers } = this.#init
    const peer = slot.config.members[rank]?.peer
    return peer !== undefined && this.#isLinked(rank) && !peers.suspects.has(peer)
  }

  #isLinked(rank: number): boolean {
    const { slot, peers } = this.#init
    const member = slot.config.members[rank]
    if (member === undefined || slot.quit.has(rank)) return false
    const { peer, incarnation } = member
    return peers.incarnationOf(peer) === incarnation && this.#elsewhere(peer) === undefined
  }

  #elsewhere(peer: PeerId): string | undefined {
    const { slot, peers } = this.#init
    const position = peers.positions.get(peer)
    if (position === undefined || position.size === 0) return undefined
    return position.lineage === slot.config.lineage ? undefined : 'it is in another lineage'
  }

  #graceMs(): number {
    const { isAwaited, rttMs } = this.#init
    return isAwaited() ? LINK_GRACE_MS + 3 * rttMs() : IDLE_LINK_GRACE_MS
  }

  #answerMs(): number {
    return ANSWER_MS + 4 * this.#init.rttMs()
  }

  #cancelFailover(): void {
    this.#failover?.cancel()
    this.#failover = undefined
  }
}

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
