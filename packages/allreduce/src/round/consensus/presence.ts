import type { Clock, PeerId } from '@daa-compute/interface'
import { IDLE_LINK_GRACE_MS, LINK_GRACE_MS } from '../../constants.ts'
import type { Peers } from '../membership/peers.ts'
import { quorumOf } from './configuration.ts'
import type { Slot } from './slot.ts'

export interface PresenceInit {
  readonly slot: Slot
  readonly peers: Peers
  readonly clock: Clock
  /** Whether this peer's caller waits for the attempt. */
  isAwaited(): boolean
  /** Longest round trip to any member, ms. */
  rttMs(): number
  /** A member will count as absent after so many ms. */
  lookAgainIn(ms: number): void
}

/** Which members of an attempt are there, as far as this peer can tell. */
export class Presence {
  readonly #init: PresenceInit
  readonly #sinceMs: number

  constructor(init: PresenceInit) {
    this.#init = init
    this.#sinceMs = init.clock.now()
  }

  /** Whether a member is linked and not suspected. */
  has(rank: number): boolean {
    const { slot, peers } = this.#init
    const peer = slot.config.members[rank]?.peer
    if (peer === undefined || !this.#isLinked(rank)) return false
    // hardly ever is there any
    return peers.suspects.size === 0 || !peers.suspects.has(peer)
  }

  /** Ranks of the other members that are there. */
  sees(): readonly number[] {
    const { slot } = this.#init
    const ranks: number[] = []
    // asked for at every turn
    for (let rank = 0; rank < slot.config.members.length; rank++) {
      if (rank !== slot.rank && this.has(rank)) ranks.push(rank)
    }
    return ranks
  }

  /** How many of the other members are there. */
  count(): number {
    const { slot } = this.#init
    let count = 0
    for (let rank = 0; rank < slot.config.members.length; rank++) {
      if (rank !== slot.rank && this.has(rank)) count++
    }
    return count
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
      return peers.suspects.get(peer)?.reason ?? this.elsewhere(peer)
    }
    const down = peers.downOf(peer)
    const left = down.sinceMs + this.#graceMs() - clock.now()
    if (down.left || left <= 0) return down.reason
    this.#init.lookAgainIn(left)
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

  /** Why a peer takes no part here though it is there; `undefined` if it may. */
  elsewhere(peer: PeerId): string | undefined {
    const { slot, peers } = this.#init
    const position = peers.positions.get(peer)
    if (position === undefined || position.size === 0) return undefined
    return position.lineage === slot.config.lineage ? undefined : 'it is in another lineage'
  }

  /**
   * Whether so many members are rounds behind that nobody can have decided what led
   * here. A run that signs nothing cannot tell a decision that was none from a true one.
   */
  get isMisled(): boolean {
    const { sequence, members } = this.#init.slot.config
    const { length } = members
    // nobody can be in a round before the last
    if (sequence < 2) return false
    let far = 0
    for (let rank = 0; rank < length; rank++) if (this.#isFarBehind(rank)) far++
    return length - far < quorumOf(length)
  }

  /** Whether a member has said, since this slot began here, that it is in a round before the last. */
  #isFarBehind(rank: number): boolean {
    const { slot, peers, clock } = this.#init
    const { lineage, sequence, members } = slot.config
    const peer = members[rank]?.peer
    const position = peer && peers.positions.get(peer)
    if (peer === undefined || position === undefined || position.size === 0) return false
    if (position.lineage !== lineage || position.sequence + 1 >= sequence) return false
    return peers.ageOfPosition(peer) <= clock.now() - this.#sinceMs
  }

  #isLinked(rank: number): boolean {
    const { slot, peers } = this.#init
    const member = slot.config.members[rank]
    if (member === undefined || slot.quit.has(rank)) return false
    const { peer, incarnation } = member
    return peers.incarnationOf(peer) === incarnation && this.elsewhere(peer) === undefined
  }

  #graceMs(): number {
    const { isAwaited, rttMs } = this.#init
    return isAwaited() ? LINK_GRACE_MS + 3 * rttMs() : IDLE_LINK_GRACE_MS
  }
}
