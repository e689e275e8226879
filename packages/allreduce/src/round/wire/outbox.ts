import type { PeerId } from '@daa-compute/interface'
import type { Mesh } from '../../mesh/mesh.ts'
import { encodeMessage } from './message-codec.ts'
import type { ControlMessage, PositionMessage } from './messages.ts'
import type { Peers } from '../membership/peers.ts'
import type { Slot } from '../consensus/slot.ts'

/** Sends control messages, without waiting; who has no link gets none. */
export class Outbox {
  readonly #self: PeerId
  readonly #mesh: Mesh
  readonly #peers: Peers
  readonly #sent = new Set<string>()
  #encoded: { readonly message: ControlMessage; readonly bytes: Uint8Array } | undefined
  /** Where each peer knows this one to be, as long as their link lasts. */
  readonly #told = new Map<PeerId, PositionMessage>()

  constructor(self: PeerId, mesh: Mesh, peers: Peers) {
    this.#self = self
    this.#mesh = mesh
    this.#peers = peers
  }

  send(peer: PeerId, message: ControlMessage): void {
    if (peer !== this.#self) this.#mesh.send(peer, this.#encode(message))
  }

  /** To everybody with a link. */
  broadcast(message: ControlMessage): void {
    const bytes = encodeMessage(message)
    for (const peer of this.#peers.linked()) this.#mesh.send(peer, bytes)
  }

  /** To the other members of a slot, in the process life in which they are members. */
  toMembers(slot: Slot, message: ControlMessage): void {
    const bytes = encodeMessage(message)
    for (const [rank, { peer, incarnation }] of slot.config.members.entries()) {
      if (rank === slot.rank || this.#peers.incarnationOf(peer) !== incarnation) continue
      this.#mesh.send(peer, bytes)
    }
  }

  /** Answers a peer at most once, until {@link startOver}: a flood of questions gets one answer. */
  once(peer: PeerId, what: string, message: ControlMessage): void {
    const key = `${peer} ${message.type} ${what}`
    if (this.#sent.has(key)) return
    this.#sent.add(key)
    this.send(peer, message)
  }

  /** What goes to one often goes to all, one after the other. */
  #encode(message: ControlMessage): Uint8Array {
    if (this.#encoded?.message !== message) {
      this.#encoded = { message, bytes: encodeMessage(message) }
    }
    return this.#encoded.bytes
  }

  startOver(): void {
    this.#sent.clear()
  }

  /** Tells a peer where this one is, unless it knows. */
  tell(peer: PeerId, position: PositionMessage): void {
    const told = this.#told.get(peer) ?? NOWHERE
    if (!isSamePlace(told, position)) this.tellAgain(peer, position)
  }

  /** Tells a peer where this one is, though it may know: it wants to know whether it still is. */
  tellAgain(peer: PeerId, position: PositionMessage): void {
    // its side of the link may have come up first: what is said now does not reach it
    if (this.#mesh.get(peer) === undefined) return
    this.#told.set(peer, position)
    this.send(peer, position)
  }

  /** Whether a peer has been told that this one is in no group, or in another lineage. */
  hasToldElse(peer: PeerId, lineage: string): boolean {
    const told = this.#told.get(peer)
    return told !== undefined && (told.size === 0 || told.lineage !== lineage)
  }

  /** The link with a peer is gone. */
  forget(peer: PeerId): void {
    this.#told.delete(peer)
  }
}

/** Where a peer is of which nothing has been heard yet. */
const NOWHERE: PositionMessage = {
  ...{ type: 'position', lineage: '', sequence: 0, attempt: 0 },
  ...{ size: 0, counted: false, isQuestion: false }
}

/** Whether two messages say the same of where a peer is. */
export function isSamePlace(a: PositionMessage, b: PositionMessage): boolean {
  return (
    a.lineage === b.lineage &&
    a.sequence === b.sequence &&
    a.attempt === b.attempt &&
    a.size === b.size &&
    a.counted === b.counted
  )
}
