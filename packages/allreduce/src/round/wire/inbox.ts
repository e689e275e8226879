import { asError, type PeerId } from '@daa-compute/interface'
import { MAX_EARLY_MESSAGES } from '../../constants.ts'
import type { Chain } from '../consensus/chain.ts'
import { isLater } from '../consensus/configuration.ts'
import { toHex } from './digest.ts'
import type {
  AskMessage,
  ControlMessage,
  DecidedMessage,
  EnterMessage,
  FoundMessage,
  PositionMessage,
  SlotMessage,
  VoteMessage
} from './messages.ts'
import { isSamePlace, type Outbox } from './outbox.ts'
import type { Peers } from '../membership/peers.ts'
import type { Prover } from '../consensus/proof.ts'
import type { Seat } from '../seat.ts'
import type { Slot } from '../consensus/slot.ts'

export interface InboxInit {
  readonly seat: Seat
  readonly peers: Peers
  readonly outbox: Outbox
  readonly chain: Chain
  readonly prover: Prover
  onFound(peer: PeerId, message: FoundMessage): void
  onDecided(peer: PeerId, message: DecidedMessage): void
  onBeat(peer: PeerId, rank: number, message: EnterMessage): void
  /** A peer's message, which came earlier, is one that nobody honest sends. */
  blame(peer: PeerId, error: Error): void
  /** A vote about the slot before. */
  onLateVote(): void
  /** The others cannot tell any more what was decided in the slot. */
  onLost(slot: Slot): void
}

/** Brings control messages to where they belong, and answers whoever is somewhere else. */
export class Inbox {
  readonly #init: InboxInit
  readonly #early = new Map<PeerId, SlotMessage[]>()
  readonly #lost = new Map<Slot, Set<PeerId>>()

  constructor(init: InboxInit) {
    this.#init = init
  }

  /**
   * @returns whether it was news, for which everything has to be looked at again
   * @throws for what nobody honest sends
   */
  receive(peer: PeerId, message: ControlMessage): boolean {
    const { peers } = this.#init
    switch (message.type) {
      case 'ask':
        this.#onAsk(peer, message)
        return true
      case 'withdraw':
        peers.rememberMisfit(peer, message.isMisfit)
        peers.asks.delete(peer)
        peers.withdrawn.add(peer)
        return true
      case 'found':
        this.#init.onFound(peer, message)
        return true
      case 'position':
        return this.#onPosition(peer, message)
      case 'decided':
        this.#init.onDecided(peer, message)
        return true
      case 'enter':
      case 'complain':
      case 'prepare':
      case 'promise':
      case 'refuse':
      case 'propose':
      case 'vote':
      case 'query':
      case 'expired':
        return this.#onSlotMessage(peer, message)
    }
  }

  /** A configuration has been opened: what came early may be about it. */
  replay(): void {
    this.#lost.clear()
    for (const [peer, messages] of [...this.#early]) {
      this.#early.delete(peer)
      try {
        for (const message of messages) this.receive(peer, message)
      } catch (error) {
        // it is not the fault of the peer whose message led here
        this.#init.blame(peer, asError(error))
      }
    }
  }

  forget(peer: PeerId): void {
    this.#early.delete(peer)
  }

  #onAsk(peer: PeerId, message: AskMessage): void {
    const { peers, seat, outbox } = this.#init
    const { slot, origin } = seat
    peers.asks.set(peer, message)
    peers.misfits.delete(peer)
    peers.withdrawn.delete(peer)
    // who may begin in the middle goes by what it has heard lately
    const wantsAnswer = message.isQuestion || (message.late && slot !== undefined)
    if (wantsAnswer) outbox.tellAgain(peer, seat.position())
    else outbox.tell(peer, seat.position())
    const rank = slot === undefined ? -1 : seat.rankOf(slot, peer)
    // who has left the configuration is a stranger again
    if (rank === -1 || slot?.quit.has(rank) === true) return
    // it is a member and does not know: what told it so was lost
    peers.asks.delete(peer)
    if (origin !== undefined) outbox.send(peer, origin)
  }

  #onPosition(peer: PeerId, position: PositionMessage): boolean {
    const { peers, seat, outbox } = this.#init
    const { slot } = seat
    const known = peers.positions.get(peer)
    peers.locate(peer, position)
    if (position.isQuestion) outbox.tellAgain(peer, seat.position())
    const hasAsked = position.size > 0 && peers.asks.delete(peer)
    if (slot !== undefined && position.lineage === slot.config.lineage) {
      const where = `${position.sequence}/${position.attempt}`
      if (isLater(position, slot.config)) outbox.once(peer, where, { type: 'query', ...slot.ref })
    }
    return hasAsked || known === undefined || !isSamePlace(known, position)
  }

  #onSlotMessage(peer: PeerId, message: Exclude<SlotMessage, DecidedMessage>): boolean {
    const { seat, chain, outbox } = this.#init
    const { slot, previous } = seat
    const key = toHex(message.configuration)
    if (slot?.config.key === key) return this.#inSlot(slot, peer, message)
    const decided = chain.get(key)
    if (previous?.config.key === key && message.type === 'vote') {
      // it comes after the decision: what remains is that its author holds the result
      const rank = seat.rankOf(previous, peer)
      if (rank !== -1) this.#onVote(previous, rank, peer, message)
      this.#init.onLateVote()
    } else if (decided !== undefined) outbox.once(peer, key, decided)
    else if (slot === undefined || isLater(message, slot.config)) this.#keep(peer, key, message)
    else this.#answerStale(peer, key, message)
    return false
  }

  /** The peer is ahead: its message waits, and what happened in between is asked for. */
  #keep(peer: PeerId, key: string, message: SlotMessage): void {
    const { seat, outbox } = this.#init
    const early = this.#early.get(peer) ?? []
    early.push(message)
    if (early.length > MAX_EARLY_MESSAGES) early.shift()
    this.#early.set(peer, early)
    if (seat.slot !== undefined) outbox.once(peer, key, { type: 'query', ...seat.slot.ref })
  }

  /** The peer is so far behind, or so far away, that nothing is known here of where it is. */
  #answerStale(peer: PeerId, key: string, message: SlotMessage): void {
    const { seat, outbox } = this.#init
    if (message.type === 'query') {
      const { sequence, attempt, configuration } = message
      outbox.send(peer, { type: 'expired', sequence, attempt, configuration })
    } else if (message.type !== 'vote' && message.type !== 'promise') {
      outbox.once(peer, key, seat.position())
    }
  }

  #inSlot(slot: Slot, peer: PeerId, message: Exclude<SlotMessage, DecidedMessage>): boolean {
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
        this.#onVote(slot, rank, peer, message)
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

  #onVote(slot: Slot, rank: number, peer: PeerId, vote: VoteMessage): void {
    const { prover, outbox } = this.#init
    prover.checkVote(peer, slot.config.members[rank]?.incarnation ?? '', vote)
    const outcome = slot.onVote(rank, vote)
    if (outcome === 'conflict') throw new TypeError('it voted for two things in one ballot')
    if (outcome === 'unknown') outbox.send(peer, { type: 'query', ...slot.ref })
  }

  /**
   * Somebody knows nothing any more of what was decided in the slot. A single voice
   * is believed only where there is no other; a stranger's only where no member is left.
   */
  #onExpired(slot: Slot, peer: PeerId): void {
    const { peers, seat } = this.#init
    const members = peers.linked().filter((other) => seat.rankOf(slot, other) !== -1)
    const witnesses = members.length > 0 ? members : peers.linked()
    if (!witnesses.includes(peer)) return
    const voices = this.#lost.get(slot) ?? new Set()
    this.#lost.set(slot, voices.add(peer))
    const believed = witnesses.filter((other) => voices.has(other))
    if (believed.length >= Math.min(2, witnesses.length)) this.#init.onLost(slot)
  }
}

function assertOwned(slot: Slot, rank: number, ballot: number): void {
  if (!slot.isBallotOf(rank, ballot)) throw new TypeError('a ballot of another member')
}
