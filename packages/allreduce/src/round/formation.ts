import {
  type Clock,
  comparePeerIds,
  type Hasher,
  type PeerId,
  type Plan,
  type RoundRequest
} from '@daa-compute/interface'
import { asError } from '../as-error.ts'
import {
  CONFLICTS_BEFORE_REDUCTION,
  MAX_ATTEMPT_JUMP,
  MAX_MEMBERS,
  MAX_PROPOSAL_BACKOFF_MS,
  PROPOSAL_BACKOFF_MS
} from '../constants.ts'
import { RoundError } from './errors.ts'
import { likeMinded, planFor, reachableByAll } from './group.ts'
import type { JoinMessage, ProposeMessage } from './messages.ts'
import { behind } from './misfits.ts'
import { sameDigest } from './plan.ts'
import type { Position } from './position.ts'
import { mostClaimed, type Surroundings } from './surroundings.ts'

export interface FormationInit {
  readonly run: string
  readonly self: PeerId
  readonly incarnation: string
  readonly position: Position
  readonly request: RoundRequest
  readonly minPeers: number
  readonly surroundings: Surroundings
  readonly clock: Clock
  readonly hasher: Hasher
  /** Tells everybody who is up. */
  join(message: JoinMessage): void
  /** Tells everybody who is up. */
  propose(message: ProposeMessage): void
  /** Whether a peer's one vote on a plan is known and is no. */
  hasVotedAgainst(peer: PeerId, plan: Plan): boolean
  /** Votes against a plan that this peer has proposed and will take no part in. */
  abandon(plan: Plan, culprit: PeerId | undefined, reason: string): void
}

/**
 * Agrees on who takes part in one attempt, without a leader.
 *
 * Everybody tells everybody that it joins, with what, and at which attempt.
 * When all who are there have joined the same attempt, or patience is over, each
 * proposes the group it sees: one plan per attempt, never another. A group has
 * formed for a peer when every member has proposed the same plan.
 *
 * When some member is known never to propose a peer's plan, the peer votes
 * against it, for it may have formed for somebody, and goes on to the next
 * attempt; whoever sees it there follows. So two plans of one attempt cannot
 * both form for one peer, and no peer takes part in a plan it gave up.
 */
export class Formation {
  readonly #init: FormationInit
  readonly #result = Promise.withResolvers<Plan>()
  /** The plan this peer has proposed for the attempt it is at. */
  #proposed: Plan | undefined
  #conflicts = 0
  #pause: (() => void) | undefined
  #patienceOver = false
  #over = false

  constructor(init: FormationInit) {
    this.#init = init
  }

  /** Joins, and resolves with the plan. @throws {RoundError} or what {@link fail} is given */
  run(): Promise<Plan> {
    this.#init.join(this.joinMessage())
    this.evaluate()
    return this.#result.promise
  }

  /** Stops waiting for peers that may have counted what this one does not know of. */
  endDoubt(): void {
    this.#init.surroundings.inDoubt.clear()
    this.evaluate()
  }

  /** Stops waiting for peers that have not joined. */
  endPatience(): void {
    this.#patienceOver = true
    const { excused, inDoubt } = this.#init.surroundings
    for (const peer of this.awaited()) if (!inDoubt.has(peer)) excused.add(peer)
    this.evaluate()
  }

  /**
   * A peer is gone. If it had joined and too few are left without it, that is the
   * end: its place may never be filled, and who called should know at once.
   */
  onDown(peer: PeerId, reason: string): void {
    const { self, minPeers, position, surroundings } = this.#init
    const hadJoined = surroundings.joins.get(peer)?.sequence === position.sequence
    if (!hadJoined || surroundings.up().size + 1 >= minPeers) return
    this.fail(
      new RoundError(
        'PEER_FAILED',
        `${peer} is gone (${reason}) and fewer than ${minPeers} peers are left to form the round: start another and call again, or lower minPeers`,
        { culprit: peer, reporter: self, reason }
      )
    )
  }

  /** Gives up. */
  fail(error: Error): void {
    if (this.#over) return
    const { position } = this.#init
    const { attempt } = position
    this.#abandon(undefined, error.message)
    // others may have planned with this peer's join, and will give that up
    position.attempt = Math.max(position.attempt, attempt + 1)
    this.#over = true
    this.#pause?.()
    this.#result.reject(error)
  }

  /** What this peer brings, and where it stands; whoever comes up later has to hear it, too. */
  joinMessage(): JoinMessage {
    const { lineage, sequence, attempt } = this.#init.position
    return { type: 'join', lineage, sequence, attempt, request: this.#init.request }
  }

  /** The proposal for the attempt this peer is at, if it has made one. */
  proposal(): ProposeMessage | undefined {
    const plan = this.#proposed
    if (plan === undefined) return undefined
    const { sequence, attempt } = plan.id
    const sees = this.joined().slice(0, MAX_MEMBERS)
    return { type: 'propose', sequence, attempt, planDigest: plan.digest, sees }
  }

  /** Peers that are up, or in doubt, and have neither joined this attempt nor been excused. */
  awaited(): PeerId[] {
    const { surroundings } = this.#init
    return [...new Set([...surroundings.up().keys(), ...surroundings.inDoubt])].filter(
      (peer) => !this.hasJoined(peer) && !surroundings.excused.has(peer)
    )
  }

  /** Peers that have joined, this one included. */
  joined(): PeerId[] {
    const others = [...this.#init.surroundings.up().keys()].filter((peer) => this.hasJoined(peer))
    return [this.#init.self, ...others].toSorted(comparePeerIds)
  }

  /**
   * Looks at everything again, after anything has changed. What goes wrong in here
   * ends the formation: it is not the fault of the peer whose message led here.
   */
  evaluate(): void {
    try {
      this.#evaluate()
    } catch (error) {
      this.fail(asError(error))
    }
  }

  #evaluate(): void {
    if (this.#over) return
    if (this.#isLeftBehind()) return
    this.#follow()
    if (this.#proposed !== undefined) {
      const misfit = this.#misfit(this.#proposed)
      if (misfit === undefined) {
        if (this.#hasFormed(this.#proposed)) this.#finish(this.#proposed)
        return
      }
      this.#abandon(misfit.peer, misfit.reason)
      this.#advance(this.#init.position.attempt)
      this.#waitAWhile()
    }
    if (this.#pause === undefined) this.#tryToPropose()
  }

  /**
   * Others say that they are in another round. A single voice is not believed
   * against peers that are in this one: it may be a lie, or a lineage of its own.
   * Who has nothing to lose believes it.
   */
  #isLeftBehind(): boolean {
    const { position, surroundings } = this.#init
    const up = surroundings.up()
    const claims = [...surroundings.positions].filter(([peer]) => up.has(peer))
    const ahead = claims.filter(([, claim]) => claim.sequence > position.sequence)
    const [first] = ahead
    if (first === undefined) return false
    for (const [peer] of ahead) surroundings.excused.add(peer)
    // who may have counted the round this peer does not know of, and says it did, has
    const certain = ahead.some(([peer]) => surroundings.inDoubt.has(peer))
    if (!certain && !this.#patienceOver && this.awaited().length > 0) return false
    const outnumbered = ahead.length <= this.joined().length - 1
    if (!certain && !position.mayEnterLate && outnumbered) return false
    if (!position.mayEnterLate) {
      this.fail(behind(position.sequence, first[1].sequence, first[0]))
      return true
    }
    const { lineage, sequence } = mostClaimed(ahead.map(([, claim]) => claim))
    this.#abandon(undefined, 'it enters a later round')
    Object.assign(position, { lineage, sequence, attempt: 0 })
    this.#init.join(this.joinMessage())
    return false
  }

  /** Somebody is at a later attempt: goes there. */
  #follow(): void {
    const { position, surroundings } = this.#init
    let latest = position.attempt
    for (const peer of surroundings.up().keys()) {
      const join = surroundings.joins.get(peer)
      if (join?.sequence !== position.sequence) continue
      if (join.attempt - position.attempt <= MAX_ATTEMPT_JUMP) {
        latest = Math.max(latest, join.attempt)
      }
    }
    if (latest === position.attempt) return
    this.#abandon(undefined, 'others went on to the next attempt')
    this.#advance(latest)
  }

  #advance(attempt: number): void {
    this.#init.position.attempt = attempt
    this.#init.join(this.joinMessage())
  }

  #abandon(culprit: PeerId | undefined, reason: string): void {
    const plan = this.#proposed
    if (plan === undefined) return
    this.#proposed = undefined
    // never again this attempt: its one vote is given now
    this.#init.position.attempt = Math.max(this.#init.position.attempt, plan.id.attempt + 1)
    this.#init.abandon(plan, culprit, reason)
  }

  /** Whether a peer takes part in forming this very attempt. */
  hasJoined(peer: PeerId): boolean {
    const { position, surroundings } = this.#init
    const join = surroundings.joins.get(peer)
    return join?.sequence === position.sequence && join.attempt === position.attempt
  }

  #hasFormed(plan: Plan): boolean {
    return this.#othersOf(plan).every((peer) => {
      const theirs = this.#proposalOf(peer)
      return theirs !== undefined && sameDigest(theirs.planDigest, plan.digest)
    })
  }

  /** A member that will never propose this plan, and why not. */
  #misfit(plan: Plan): { peer: PeerId | undefined; reason: string } | undefined {
    const up = this.#init.surroundings.up()
    for (const { peer, incarnation } of plan.members) {
      if (peer === this.#init.self) continue
      if (up.get(peer) !== incarnation) return { peer, reason: `${peer} is gone` }
      if (!this.hasJoined(peer)) return { peer, reason: `${peer} withdrew` }
      if (this.#init.hasVotedAgainst(peer, plan))
        return { peer: undefined, reason: `${peer} gave it up` }
      const theirs = this.#proposalOf(peer)
      if (theirs !== undefined && !sameDigest(theirs.planDigest, plan.digest)) {
        return { peer: undefined, reason: `${peer} sees another group` }
      }
    }
    return undefined
  }

  /** Links that are just being made get their time, ever more of it. */
  #waitAWhile(): void {
    this.#pause?.()
    const pause = Math.min(MAX_PROPOSAL_BACKOFF_MS, PROPOSAL_BACKOFF_MS * 2 ** this.#conflicts)
    this.#conflicts++
    this.#pause = this.#init.clock.schedule(pause, () => {
      this.#pause = undefined
      this.evaluate()
    })
  }

  #tryToPropose(): void {
    const { minPeers, self, surroundings } = this.#init
    const mayGoOn = this.#patienceOver && surroundings.inDoubt.size === 0
    if (!mayGoOn && this.awaited().length > 0) return
    const joined = this.joined()
    if (joined.length < minPeers) return
    const view = { ...this.#init, joined, own: this.joinMessage() }
    const kind = likeMinded(view)
    if ('rival' in kind) return this.fail(kind.rival)
    const isStuck = this.#conflicts >= CONFLICTS_BEFORE_REDUCTION
    const group = isStuck ? reachableByAll(view, kind.group) : kind.group
    if (group.length < minPeers || !group.includes(self)) return
    this.#proposed = planFor(view, group)
    const proposal = this.proposal()
    if (proposal !== undefined) this.#init.propose(proposal)
    this.evaluate()
  }

  /** A peer's proposal for this very attempt. */
  #proposalOf(peer: PeerId): ProposeMessage | undefined {
    const { position, surroundings } = this.#init
    const theirs = surroundings.proposals.get(peer)
    const isCurrent = theirs?.sequence === position.sequence && theirs.attempt === position.attempt
    return isCurrent ? theirs : undefined
  }

  #othersOf(plan: Plan): PeerId[] {
    return plan.members.map(({ peer }) => peer).filter((peer) => peer !== this.#init.self)
  }

  #finish(plan: Plan): void {
    this.#over = true
    this.#pause?.()
    this.#result.resolve(plan)
  }
}
