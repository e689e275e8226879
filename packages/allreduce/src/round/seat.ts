import type { PeerId, PlanMember } from '@daa-compute/interface'
import { type Admission, type Joiners, joinersOf, NO_JOINERS } from './membership/admission.ts'
import type { Pair } from './consensus/arrangement.ts'
import { ballotPaper } from './consensus/ballot-paper.ts'
import { type Place, rankOf } from './consensus/chain.ts'
import { type Configuration, haveSameMembers } from './consensus/configuration.ts'
import { Coordination } from './consensus/coordination.ts'
import type { QuorumDeciderInit } from './decider-init.ts'
import type { Complaint, DecidedMessage, FoundMessage, PositionMessage } from './wire/messages.ts'
import type { Outbox } from './wire/outbox.ts'
import type { Peers } from './membership/peers.ts'
import { type Decision, Slot } from './consensus/slot.ts'
import { Visited } from './visited.ts'

export interface SeatInit {
  readonly decider: QuorumDeciderInit
  readonly peers: Peers
  readonly outbox: Outbox
  /** The rounds that this peer's caller has counted. */
  place(): Place
  /** Where it stood before it was cut off from another lineage. */
  ancestor(): Place | undefined
  /** Whether a caller waits for a round. */
  isAwaited(): boolean
  /** Whether a caller is at work on a slot's attempt. */
  isAttended(slot: Slot): boolean
  /** The pairs of ranks between which the run's values are sent in a group. */
  pairsOf(members: readonly PlanMember[]): readonly Pair[]
  decided(slot: Slot, decision: Decision): void
}

/**
 * This peer's seat in the chain of configurations: the slot it votes in, and what
 * comes with it.
 */
export class Seat {
  slot: Slot | undefined
  /** The slot before: votes about it may still be coming. */
  previous: Slot | undefined
  /** What tells a member of the slot that it is one. */
  origin: FoundMessage | DecidedMessage | undefined
  coordination: Coordination | undefined
  /** Whether this peer has been in the slot's attempt and gave it up. */
  isSpent = false
  readonly visited: Visited = new Visited()
  readonly #init: SeatInit
  #toldSize = 0

  constructor(init: SeatInit) {
    this.#init = init
  }

  /**
   * Whether no round of the slot's lineage can have been counted by anybody: then
   * nothing is lost with it, and nobody needs this peer's vote to go on.
   */
  get isUnused(): boolean {
    if (this.slot === undefined) return true
    const { config } = this.slot
    return this.#init.place().lineage !== config.lineage && this.visited.isNew(config)
  }

  /** Takes part in a configuration, if it is in it. @returns whether it is */
  open(config: Configuration, origin: FoundMessage | DecidedMessage): boolean {
    const { self, incarnation } = this.#init.decider
    const earlier = this.slot
    this.close()
    this.previous = earlier
    this.visited.opened(config, origin.type === 'found')
    const rank = rankOf(config.members, self, incarnation)
    if (rank === -1) {
      this.tellPosition()
      return false
    }
    this.origin = origin
    this.isSpent = false
    this.slot = this.#createSlot(config, rank)
    this.#init.peers.meet(config, self)
    this.coordination = this.#createCoordination(this.slot)
    this.#announce(earlier?.config, config)
    return true
  }

  /** Leaves the configuration behind, whether it is decided or abandoned. */
  close(): void {
    this.coordination?.stop()
    this.coordination = undefined
    this.#init.outbox.startOver()
    this.slot = undefined
  }

  /** A peer's rank in a slot, in the process life in which it has a link; otherwise -1. */
  rankOf(slot: Slot, peer: PeerId): number {
    return rankOf(slot.config.members, peer, this.#init.peers.incarnationOf(peer))
  }

  /** Tells the other members what is wrong, once. */
  complain(slot: Slot, complaint: Complaint): void {
    if (!slot.complain(slot.rank, complaint)) return
    this.#init.outbox.toMembers(slot, { type: 'complain', ...slot.ref, ...complaint })
  }

  /** This peer's caller wants no part in the attempt. */
  withdraw(slot: Slot, reason: string): void {
    const { peers, decider } = this.#init
    this.isSpent = this.slot === slot
    peers.withdrawn.add(decider.self)
    this.complain(slot, { kind: 'withdrawn', culprit: undefined, reason })
  }

  /** A peer counts on this one in a configuration that it has left or wants no part in. */
  decline(
    peer: PeerId,
    { sequence, attempt, digest }: Pick<Configuration, 'sequence' | 'attempt' | 'digest'>,
    kind: 'quit' | 'withdrawn'
  ): void {
    const { outbox } = this.#init
    const ref = { sequence, attempt, configuration: digest }
    const reason = kind === 'quit' ? 'it is in the group no more' : 'it wants no part in a round'
    outbox.send(peer, { type: 'complain', ...ref, kind, culprit: undefined, reason })
    outbox.tellAgain(peer, this.position())
  }

  /**
   * Tells everybody linked who does not know where this peer is. A fellow member does,
   * unless it has been told something else; to it the size of their group is no news.
   */
  tellPosition(): void {
    const { peers, outbox } = this.#init
    const position = this.position()
    this.#toldSize = position.size
    for (const peer of peers.linked()) {
      const isFellow = this.slot !== undefined && this.rankOf(this.slot, peer) !== -1
      if (!isFellow || outbox.hasToldElse(peer, position.lineage)) outbox.tell(peer, position)
    }
  }

  /** Where this peer is. */
  position(): PositionMessage {
    const place = this.#init.place()
    const config = this.slot?.config
    return {
      type: 'position',
      lineage: config?.lineage ?? place.lineage,
      sequence: config?.sequence ?? place.sequence,
      attempt: config?.attempt ?? 0,
      size: this.#size(),
      counted: config !== undefined && config.lineage === place.lineage,
      isQuestion: false
    }
  }

  /** Tells everybody linked, where its group has shrunk or grown since they were told. */
  tellSize(): void {
    if (this.#size() !== this.#toldSize) this.tellPosition()
  }

  /** Members of its group that are there, itself included; 0 without one. */
  #size(): number {
    return this.slot === undefined ? 0 : 1 + (this.coordination?.presence.count() ?? 0)
  }

  /** Members of the slot that are not there, or have not been heard since there was trouble. */
  missing(): PeerId[] {
    const { mesh } = this.#init.decider
    const sees = this.coordination?.presence.sees() ?? []
    const sinceMs = this.coordination?.troubledSinceMs ?? -1
    const members = this.slot?.config.members ?? []
    return members
      .filter(({ peer }, rank) => {
        if (rank === this.slot?.rank) return false
        return !sees.includes(rank) || (mesh.get(peer)?.lastHeard ?? 0) < sinceMs
      })
      .map(({ peer }) => peer)
  }

  /** When something last came from a member, ms. */
  lastHeardMs({ config }: Slot, rank: number): number {
    const peer = config.members[rank]?.peer
    return peer === undefined ? Number.NEGATIVE_INFINITY : this.#init.peers.lastHeardMs(peer)
  }

  /** Longest round trip to any member, ms. */
  rttMs(): number {
    const { mesh } = this.#init.decider
    const members = this.slot?.config.members ?? []
    return Math.max(0, ...members.map(({ peer }) => mesh.get(peer)?.rttMs ?? 0))
  }

  #createSlot(config: Configuration, rank: number): Slot {
    const { decider, outbox, isAttended, decided } = this.#init
    const { signer, run, incarnation, hasher } = decider
    const slot: Slot = new Slot({
      config,
      rank,
      hasher,
      sign: (vote) =>
        signer === undefined ? new Uint8Array() : signer.sign(ballotPaper(run, incarnation, vote)),
      publish: (vote) => outbox.toMembers(slot, vote),
      isAttended: () => isAttended(slot),
      cannotVote: ({ message }) => {
        const reason = `it cannot sign its vote: ${message}`
        this.complain(slot, { kind: 'failed', culprit: decider.self, reason })
      },
      decided: (decision) => decided(slot, decision)
    })
    return slot
  }

  #createCoordination(slot: Slot): Coordination {
    const { decider, peers, outbox, isAwaited, pairsOf } = this.#init
    const { clock, hasher, minPeers } = decider
    return new Coordination({
      slot,
      peers,
      clock,
      hasher,
      minPeers,
      isAwaited,
      pairsOf,
      rttMs: () => this.rttMs(),
      joiners: () => this.#joiners(slot),
      broadcast: (message) => outbox.toMembers(slot, message),
      complain: (complaint) => this.complain(slot, complaint)
    })
  }

  #joiners(slot: Slot): Joiners {
    const { peers, decider, ancestor } = this.#init
    if (peers.asks.size === 0) return NO_JOINERS
    const present = this.coordination?.presence.sees() ?? []
    const admission: Admission = {
      slot,
      peers,
      minPeers: decider.minPeers,
      ancestor: ancestor(),
      present
    }
    return joinersOf(admission)
  }

  /** Tells who may want to know: the run's user and, where it is news, everybody linked. */
  #announce(earlier: Configuration | undefined, config: Configuration): void {
    const { decider, peers, outbox } = this.#init
    const isSameGroup = earlier?.lineage === config.lineage && haveSameMembers(earlier, config)
    if (isSameGroup) {
      for (const peer of peers.asks.keys()) outbox.tell(peer, this.position())
      return
    }
    decider.moved(config)
    this.tellPosition()
  }
}
