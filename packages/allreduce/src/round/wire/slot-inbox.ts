import { asError, type PeerId } from '@daa-compute/interface'
import { isLater, quorumOf } from '../consensus/configuration.ts'
import type { Prover } from '../consensus/proof.ts'
import type { Slot } from '../consensus/slot.ts'
import type { Peers } from '../membership/peers.ts'
import type { Seat } from '../seat.ts'
import { toHex } from './digest.ts'
import type { DecidedMessage, EnterMessage, SlotMessage, VoteMessage } from './messages.ts'
import type { Outbox } from './outbox.ts'

export interface SlotInboxInit {
  readonly seat: Seat
  readonly peers: Peers
  readonly outbox: Outbox
  readonly prover: Prover
  onBeat(peer: PeerId, rank: number, message: EnterMessage): void
  /** The others cannot tell any more what was decided in the slot. */
  onLost(slot: Slot): void
  /** A peer's message, which came earlier, is one that nobody honest sends. */
  blame(peer: PeerId, error: Error): void
  /** Everything is to be looked at again. */
  changed(): void
}

/** Brings messages about the attempt that this peer is at to where they belong. */
export class SlotInbox {
  readonly #init: SlotInboxInit
  /** Who has said that nothing is known there of the slot. */
  readonly #lost = new Map<Slot, Set<PeerId>>()

  constructor(init: SlotInboxInit) {
    this.#init = init
  }

  /** There is another slot. */
  startOver(): void {
    this.#lost.clear()
  }

  /**
   * @returns whether it was news
   * @throws for what nobody honest sends
   */
  receive(slot: Slot, peer: PeerId, message: Exclude<SlotMessage, DecidedMessage>): boolean {
    const { seat, peers } = this.#init
    const rank = seat.rankOf(slot, peer)
    if (message.type === 'expired') this.#onExpired(slot, peer)
    if (rank === -1) return false
    switch (message.type) {
      case 'enter':
        this.#init.onBeat(peer, rank, message)
        return this.#onEnter(slot, rank, peer, message)
      case 'complain':
        if (message.kind === 'withdrawn') peers.withdrawn.add(peer)
        if (message.kind === 'leaving') peers.leaving.add(peer)
        return slot.complain(rank, message)
      case 'vote': {
        const hasEntered = slot.entered.has(rank)
        this.receiveVote(slot, rank, peer, message, () => this.#init.changed())
        // a decision sees to everything itself
        return slot.entered.has(rank) !== hasEntered
      }
      case 'expired':
      case 'query':
        // not decided here either, as far as this peer knows
        return false
      case 'prepare':
      case 'promise':
      case 'refuse':
      case 'propose':
        this.#inBallot(slot, rank, peer, message)
        return true
    }
  }

  /**
   * @param countedLater called if the vote counts, but not at once
   * @throws for what nobody honest sends
   */
  receiveVote(
    slot: Slot,
    rank: number,
    peer: PeerId,
    vote: VoteMessage,
    countedLater: () => void
  ): void {
    const { prover, seat, blame } = this.#init
    let isDeferred = false
    prover.checkVote(peer, slot.config.members[rank]?.incarnation ?? '', vote, () => {
      if (!isDeferred) return this.#count(slot, rank, peer, vote)
      if (slot !== seat.slot && slot !== seat.previous) return
      try {
        this.#count(slot, rank, peer, vote)
        countedLater()
      } catch (error) {
        blame(peer, asError(error))
      }
    })
    isDeferred = true
  }

  #count(slot: Slot, rank: number, peer: PeerId, vote: VoteMessage): void {
    const outcome = slot.onVote(rank, vote)
    if (outcome === 'conflict') throw new TypeError('it voted for two things in one ballot')
    if (outcome === 'unknown') this.#init.outbox.send(peer, { type: 'query', ...slot.ref })
  }

  #onEnter(slot: Slot, rank: number, peer: PeerId, message: EnterMessage): boolean {
    const { request, plan, patienceOver } = message
    const isNews =
      !slot.entered.has(rank) ||
      slot.requests.get(rank) === undefined ||
      (patienceOver && !slot.impatient.has(rank))
    slot.entered.add(rank)
    slot.requests.set(rank, request)
    slot.plans.set(rank, toHex(plan))
    if (patienceOver) slot.impatient.add(rank)
    return this.#init.peers.withdrawn.delete(peer) || isNews
  }

  #inBallot(
    slot: Slot,
    rank: number,
    peer: PeerId,
    message: Extract<SlotMessage, { type: 'prepare' | 'promise' | 'refuse' | 'propose' }>
  ): void {
    const { coordination } = this.#init.seat
    const { ballot } = message
    switch (message.type) {
      case 'prepare': {
        assertOwned(slot, rank, ballot)
        if (!slot.isWithinReach(ballot)) return
        const report = slot.promise(ballot, coordination?.presence.reaches() ?? [])
        if (report === undefined) return this.#refuse(slot, peer)
        return this.#init.outbox.send(peer, { type: 'promise', ...slot.ref, ballot, ...report })
      }
      case 'promise':
        if (message.holds !== undefined) slot.noteHolder(rank, message.holds)
        if (message.entered) slot.entered.add(rank)
        return coordination?.onPromise(rank, message)
      case 'refuse':
        if (slot.isWithinReach(ballot)) coordination?.onRefuse(ballot)
        return
      case 'propose':
        assertOwned(slot, rank, ballot)
        if (slot.isWithinReach(ballot) && !slot.propose(message)) this.#refuse(slot, peer)
    }
  }

  #refuse(slot: Slot, peer: PeerId): void {
    const ballot = slot.acceptor.promised
    this.#init.outbox.send(peer, { type: 'refuse', ...slot.ref, ballot })
  }

  /**
   * Somebody knows nothing any more of what was decided in the slot. Where those who are
   * still in it are enough to decide it, that takes two other members, in whatever life;
   * otherwise a single one will do if it is alone, and strangers if there is none.
   */
  #onExpired(slot: Slot, peer: PeerId): void {
    const { peers, seat, onLost } = this.#init
    const { members } = slot.config
    // nobody else decides in a group of one
    if (members.length === 1) return
    const voices = this.#lost.get(slot) ?? new Set()
    this.#lost.set(slot, voices)
    // who waits in the slot as well has nothing to tell
    const isWaiting = (other: PeerId): boolean =>
      other !== peer &&
      !voices.has(other) &&
      seat.rankOf(slot, other) !== -1 &&
      !this.#isAhead(slot, other)
    const linked = peers.linked()
    const others = linked.filter((other) => !isWaiting(other))
    const known = others.filter((other) => members.some((member) => member.peer === other))
    const canDecide = 1 + linked.length - others.length >= quorumOf(members.length)
    const witnesses = known.length > 0 || canDecide ? known : others
    if (!witnesses.includes(peer)) return
    voices.add(peer)
    const needed = canDecide ? 2 : Math.min(2, witnesses.length)
    if (witnesses.filter((other) => voices.has(other)).length >= needed) onLost(slot)
  }

  #isAhead({ config }: Slot, peer: PeerId): boolean {
    const position = this.#init.peers.positions.get(peer)
    return position?.lineage === config.lineage && isLater(position, config)
  }
}

function assertOwned(slot: Slot, rank: number, ballot: number): void {
  if (!slot.isBallotOf(rank, ballot)) throw new TypeError('a ballot of another member')
}
