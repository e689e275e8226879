import type { PeerId } from '@daa-compute/interface'
import { type Chain, configurationAfter, type Place, rankOf } from '../consensus/chain.ts'
import { type Configuration, foundConfiguration } from '../consensus/configuration.ts'
import type { QuorumDeciderInit } from '../decider-init.ts'
import { toHex } from '../wire/digest.ts'
import { bestLineage } from './lineages.ts'
import type { DecidedMessage, FoundMessage } from '../wire/messages.ts'
import type { Peers } from './peers.ts'
import type { Seat } from '../seat.ts'
import type { Slot } from '../consensus/slot.ts'

export interface InvitationsInit {
  readonly decider: QuorumDeciderInit
  readonly seat: Seat
  readonly peers: Peers
  readonly chain: Chain
  place(): Place
  /** The call that waits for an attempt. */
  call(): { readonly late: boolean } | undefined
  /** Whether a caller is in an attempt. */
  isAtWork(): boolean
  open(config: Configuration, origin: FoundMessage | DecidedMessage): void
  quit(slot: Slot, reason: string): void
}

/** What others say that this peer is a member of, and whether it is. */
export class Invitations {
  readonly #init: InvitationsInit

  constructor(init: InvitationsInit) {
    this.#init = init
  }

  /** Somebody has founded a lineage with this peer in it. */
  onFound(peer: PeerId, message: FoundMessage): void {
    const { decider, seat, peers, open, quit, call, place } = this.#init
    const { run, hasher, self, incarnation } = decider
    const { sequence, nonce, members } = message
    const isIn = rankOf(members, self, incarnation) !== -1
    if (!isIn || !members.some((member) => member.peer === peer)) return
    const config = foundConfiguration({ run, sequence, previous: nonce, members }, hasher)
    const { slot } = seat
    if (slot?.config.key === config.key) return
    // who founds knows from all asks that its members reach each other
    const isWhole = members.every(
      (member) => member.peer === self || peers.incarnationOf(member.peer) === member.incarnation
    )
    if (!isWhole || !seat.visited.mayOpen(config)) return seat.decline(peer, config, 'quit')
    if (slot === undefined) {
      const isFit = sequence === place().sequence || call()?.late === true
      if (call() !== undefined && isFit) open(config, message)
      else seat.decline(peer, config, 'withdrawn')
      return
    }
    if (!this.#isUnused(slot, sequence) || !isBetter(config, slot.config)) {
      return seat.decline(peer, config, 'quit')
    }
    quit(slot, 'a better group was founded')
    open(config, message)
  }

  /** Something was decided: about the slot, or about one that leads to a seat for this peer. */
  onDecided(peer: PeerId, message: DecidedMessage): void {
    const { slot } = this.#init.seat
    const key = toHex(message.configuration)
    if (slot?.config.key === key) {
      const { ballot, proposal, votes } = message
      const { result } = proposal
      if (result !== undefined) for (const { rank } of votes) slot.noteHolder(rank, result)
      slot.decide({ ballot, value: slot.valueOf(proposal, result), votes })
    } else if (!this.#init.chain.has(key)) this.#onAdmission(peer, message)
  }

  #onAdmission(peer: PeerId, message: DecidedMessage): void {
    const { decider, seat, peers, chain, open, call, isAtWork } = this.#init
    const { run, hasher, self, incarnation } = decider
    const { slot } = seat
    const next = configurationAfter(run, message, hasher)
    if (rankOf(next.members, self, incarnation) === -1) return
    if (slot?.config.key === next.key || chain.has(next.key)) return
    if (!seat.visited.mayOpen(next)) return seat.decline(peer, next, 'quit')
    // in the slot's own lineage what comes in between is still on its way
    if (slot?.config.lineage === next.lineage || (slot !== undefined && isAtWork())) return
    const best = call()?.late === true ? bestLineage(peers) : undefined
    if (best !== undefined && best !== next.lineage) return seat.decline(peer, next, 'quit')
    if (slot !== undefined) return
    if (call() === undefined) seat.decline(peer, next, 'withdrawn')
    chain.addAdmission(message)
    open(next, message)
  }

  /** Whether nothing has happened in a slot that another founding would undo. */
  #isUnused({ config, acceptor }: Slot, sequence: number): boolean {
    return (
      this.#init.seat.isUnused &&
      config.sequence === sequence &&
      this.#init.place().sequence === sequence &&
      config.attempt === 0 &&
      acceptor.accepted === undefined
    )
  }
}

/** Of two first configurations: the larger, then the one with the lower hash. */
function isBetter(a: Configuration, b: Configuration): boolean {
  if (a.members.length !== b.members.length) return a.members.length > b.members.length
  return a.lineage < b.lineage
}
