import { asError, type PeerId } from '@daa-compute/interface'
import { MAX_EARLY_MESSAGES } from '../../constants.ts'
import type { Chain } from '../consensus/chain.ts'
import { isLater } from '../consensus/configuration.ts'
import { toHex } from './digest.ts'
import type {
  AskMessage,
  ControlMessage,
  DecidedMessage,
  FoundMessage,
  PositionMessage,
  SlotMessage
} from './messages.ts'
import { isSamePlace } from './outbox.ts'
import { SlotInbox, type SlotInboxInit } from './slot-inbox.ts'

export interface InboxInit extends SlotInboxInit {
  readonly chain: Chain
  onFound(peer: PeerId, message: FoundMessage): void
  onDecided(peer: PeerId, message: DecidedMessage): void
  /** A vote about the slot before. */
  onLateVote(): void
}

/** Brings control messages to where they belong, and answers whoever is somewhere else. */
export class Inbox {
  readonly #init: InboxInit
  readonly #early = new Map<PeerId, SlotMessage[]>()
  readonly #inSlot: SlotInbox

  constructor(init: InboxInit) {
    this.#init = init
    this.#inSlot = new SlotInbox(init)
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
    this.#inSlot.startOver()
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
    if (slot?.config.key === key) return this.#inSlot.receive(slot, peer, message)
    const decided = chain.get(key)
    if (previous?.config.key === key && message.type === 'vote') {
      // it comes after the decision: what remains is that its author holds the result
      const rank = seat.rankOf(previous, peer)
      const { onLateVote } = this.#init
      if (rank !== -1) this.#inSlot.receiveVote(previous, rank, peer, message, onLateVote)
      onLateVote()
    } else if (decided !== undefined) outbox.once(peer, key, decided)
    else if (seat.visited.isLatest(key)) this.#answerLeftBehind(peer, key, message)
    else if (slot === undefined || isLater(message, slot.config)) this.#keep(peer, key, message)
    else this.#answerStale(peer, key, message)
    return false
  }

  /** The peer counts on this one in a configuration that it has left: what said so was lost. */
  #answerLeftBehind(peer: PeerId, key: string, message: SlotMessage): void {
    if (message.type === 'complain' && message.kind === 'quit') return
    const { sequence, attempt, configuration } = message
    const reason = 'it is in the group no more'
    const quit = { type: 'complain', kind: 'quit', culprit: undefined, reason } as const
    this.#init.outbox.once(peer, key, { ...quit, sequence, attempt, configuration })
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
}
