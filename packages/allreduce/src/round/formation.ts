import {
  type Clock,
  comparePeerIds,
  type Hasher,
  type PeerId,
  type Plan,
  type RoundRequest
} from '@daa-compute/interface'
import {
  MAX_PROPOSAL_BACKOFF_MS,
  PROPOSAL_BACKOFF_MS,
  PROPOSALS_BEFORE_REDUCTION
} from '../constants.ts'
import { chooseSegmentLength } from '../executor/layout.ts'
import { ALGORITHMS } from '../schedule/algorithms.ts'
import { mutuallyListed } from './ballots.ts'
import { RoundError } from './errors.ts'
import type { JoinMessage, ProposeMessage } from './messages.ts'
import { behind, kindOf, mismatch } from './misfits.ts'
import { createPlan, sameDigest } from './plan.ts'
import type { Position } from './position.ts'

/** What a formation sees of the others; the decider keeps it between rounds. */
export interface Surroundings {
  /** Peers with a link, and the process life of each. */
  up(): ReadonlyMap<PeerId, string>
  /** The last join of each, unless withdrawn. */
  readonly joins: ReadonlyMap<PeerId, JoinMessage>
  readonly proposals: ReadonlyMap<PeerId, ProposeMessage>
  /** How far each was when it last said so. */
  readonly positions: ReadonlyMap<PeerId, Pick<JoinMessage, 'lineage' | 'sequence'>>
  /** Peers a round does not wait for until they join again. */
  readonly excused: Set<PeerId>
}

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
  /** Somebody named a peer there is no link to yet. */
  learn(peer: PeerId): void
}

interface Bound {
  readonly plan: Plan
  readonly ballot: number
}

/**
 * Agrees on who takes part in one attempt, without a leader.
 *
 * Everybody tells everybody that it joins, and with what. When all who are
 * there have joined, or patience is over, each proposes the group it sees. A
 * proposal binds its author for its ballot: it proposes nothing else until some
 * member of the group is known to have proposed otherwise, which means that this
 * group can never form; then it proposes anew, with the next ballot. A group
 * has formed for a peer when every member has proposed the same plan with the
 * same ballot. So two overlapping groups cannot both form from one ballot.
 */
export class Formation {
  readonly #init: FormationInit
  readonly #result = Promise.withResolvers<Plan>()
  #bound: Bound | undefined
  #ballot = 0
  #pause: (() => void) | undefined
  #patienceOver = false
  #over = false

  constructor(init: FormationInit) {
    this.#init = init
  }

  /** Joins, and resolves with the plan. @throws {RoundError} `BEHIND`, `REQUEST_MISMATCH` */
  run(): Promise<Plan> {
    this.#init.join(this.joinMessage())
    this.evaluate()
    return this.#result.promise
  }

  /** Stops waiting for peers that have not joined. */
  endPatience(): void {
    this.#patienceOver = true
    for (const peer of this.awaited()) this.#init.surroundings.excused.add(peer)
    this.evaluate()
  }

  /**
   * A peer is gone. If it had joined and too few are left without it, that is the
   * end: its place may never be filled, and who called should know at once.
   */
  onDown(peer: PeerId, reason: string): void {
    const { self, minPeers } = this.#init
    if (this.#hasJoined(peer) && this.#init.surroundings.up().size + 1 < minPeers) {
      this.fail(
        new RoundError(
          'PEER_FAILED',
          `${peer} is gone (${reason}) and fewer than ${minPeers} peers are left to form the round: start another and call again, or lower minPeers`,
          { culprit: peer, reporter: self, reason }
        )
      )
    }
  }

  /** Gives up. */
  fail(error: Error): void {
    if (this.#over) return
    this.#over = true
    this.#pause?.()
    this.#result.reject(error)
  }

  /** What this peer brings; whoever comes up later has to hear it, too. */
  joinMessage(): JoinMessage {
    const { lineage, sequence, attempt } = this.#init.position
    return { type: 'join', lineage, sequence, attempt, request: this.#init.request }
  }

  /** The proposal that binds this peer, if there is one. */
  proposal(): ProposeMessage | undefined {
    if (this.#bound === undefined) return undefined
    const { plan, ballot } = this.#bound
    const { sequence, attempt } = plan.id
    const members = plan.members.map((member) => member.peer)
    return { type: 'propose', sequence, attempt, ballot, planDigest: plan.digest, members }
  }

  /** Peers that are up and have neither joined this round nor been excused. */
  awaited(): PeerId[] {
    const { surroundings } = this.#init
    return [...surroundings.up().keys()].filter(
      (peer) => !this.#hasJoined(peer) && !surroundings.excused.has(peer)
    )
  }

  /** Peers that have joined, this one included. */
  joined(): PeerId[] {
    const others = [...this.#init.surroundings.up().keys()].filter((peer) => this.#hasJoined(peer))
    return [this.#init.self, ...others].toSorted(comparePeerIds)
  }

  /** Looks at everything again, after anything has changed. */
  evaluate(): void {
    if (this.#over || this.#catchUp()) return
    if (this.#bound !== undefined) {
      if (this.#hasFormed(this.#bound)) return this.#finish(this.#bound.plan)
      if (!this.#hasFailed(this.#bound)) return
      this.#nextBallot()
    }
    if (this.#pause === undefined) this.#tryToPropose()
  }

  /** Others are in a later round: enters it if it may. Says whether that was the end. */
  #catchUp(): boolean {
    const { position, surroundings } = this.#init
    for (const [peer, { lineage, sequence }] of surroundings.positions) {
      if (sequence <= position.sequence) continue
      if (!position.mayEnterLate) {
        this.fail(behind(position.sequence, sequence, peer))
        return true
      }
      position.lineage = lineage
      position.sequence = sequence
      position.attempt = 0
      this.#bound = undefined
      this.#ballot = 0
      this.#init.join(this.joinMessage())
    }
    return false
  }

  #hasJoined(peer: PeerId): boolean {
    return this.#init.surroundings.joins.get(peer)?.sequence === this.#init.position.sequence
  }

  #hasFormed({ plan, ballot }: Bound): boolean {
    return this.#othersOf(plan).every((peer) => {
      const theirs = this.#proposalOf(peer)
      return theirs?.ballot === ballot && sameDigest(theirs.planDigest, plan.digest)
    })
  }

  /** Whether some member is known never to propose this plan with this ballot. */
  #hasFailed({ plan, ballot }: Bound): boolean {
    const up = this.#init.surroundings.up()
    return this.#othersOf(plan).some((peer) => {
      const member = plan.members.find((candidate) => candidate.peer === peer)
      if (up.get(peer) !== member?.incarnation || !this.#hasJoined(peer)) return true
      const theirs = this.#proposalOf(peer)
      if (theirs === undefined || theirs.ballot < ballot) return false
      return theirs.ballot > ballot || !sameDigest(theirs.planDigest, plan.digest)
    })
  }

  #nextBallot(): void {
    const failed = this.#bound
    this.#bound = undefined
    const others = failed === undefined ? [] : this.#othersOf(failed.plan)
    const theirs = others.map((peer) => this.#proposalOf(peer)?.ballot ?? 0)
    this.#ballot = Math.max(this.#ballot + 1, ...theirs)
    // links to peers that others named may be on their way
    for (const peer of others.flatMap((other) => this.#proposalOf(other)?.members ?? [])) {
      this.#init.learn(peer)
    }
    const pause = Math.min(MAX_PROPOSAL_BACKOFF_MS, PROPOSAL_BACKOFF_MS * 2 ** (this.#ballot - 1))
    this.#pause = this.#init.clock.schedule(pause, () => {
      this.#pause = undefined
      this.evaluate()
    })
  }

  #tryToPropose(): void {
    if (!this.#patienceOver && this.awaited().length > 0) return
    const { minPeers, self } = this.#init
    const joined = this.joined()
    if (joined.length < minPeers) return
    const likeMinded = this.#likeMinded(joined)
    if (likeMinded === undefined) return
    const group = this.#ballot < PROPOSALS_BEFORE_REDUCTION ? likeMinded : this.#mutual(likeMinded)
    if (group.length < minPeers || !group.includes(self)) return
    this.#bound = { plan: this.#planFor(group), ballot: this.#ballot }
    const proposal = this.proposal()
    if (proposal !== undefined) this.#init.propose(proposal)
    this.evaluate()
  }

  /** Those who bring the same as this peer, unless that is not most of them. */
  #likeMinded(joined: readonly PeerId[]): PeerId[] | undefined {
    const kinds = Map.groupBy(joined, (peer) => kindOf(this.#joinOf(peer)))
    const own = kinds.get(kindOf(this.joinMessage())) ?? []
    const rival = [...kinds.values()].find((kind) => kind !== own && kind.length >= own.length)
    if (rival === undefined) return own
    const [peer] = rival
    if (peer !== undefined) this.fail(mismatch(peer, this.joinMessage(), this.#joinOf(peer)))
    return undefined
  }

  #mutual(members: readonly PeerId[]): PeerId[] {
    const lists = new Map<PeerId, readonly PeerId[]>([[this.#init.self, this.joined()]])
    for (const peer of members) {
      const theirs = this.#proposalOf(peer)
      if (theirs !== undefined) lists.set(peer, theirs.members)
    }
    return mutuallyListed(members, lists)
  }

  #planFor(group: readonly PeerId[]): Plan {
    const { run, self, incarnation, position, request, hasher, surroundings } = this.#init
    const { dtype, length, codec, algorithm } = request
    const up = surroundings.up()
    const members = group.toSorted(comparePeerIds).map((peer) => ({
      peer,
      incarnation: peer === self ? incarnation : (up.get(peer) ?? ''),
      weight: this.#joinOf(peer).request.weight
    }))
    const attempt = Math.max(...group.map((peer) => this.#joinOf(peer).attempt))
    const { lineage, sequence } = position
    const id = { run, lineage, sequence, attempt }
    const contents = { id, members, dtype, length, codec, algorithm }
    const chunks = ALGORITHMS[algorithm].chunks(members.length)
    return createPlan({ ...contents, segmentLength: chooseSegmentLength(length, chunks) }, hasher)
  }

  /** A peer's proposal for this attempt; earlier ones are history. */
  #proposalOf(peer: PeerId): ProposeMessage | undefined {
    const { position, surroundings } = this.#init
    const theirs = surroundings.proposals.get(peer)
    const current = theirs?.sequence === position.sequence && theirs.attempt >= position.attempt
    return current ? theirs : undefined
  }

  #joinOf(peer: PeerId): JoinMessage {
    return this.#init.surroundings.joins.get(peer) ?? this.joinMessage()
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
