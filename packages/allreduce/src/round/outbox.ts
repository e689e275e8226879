import type { PeerId } from '@daa-compute/interface'
import type { Mesh } from '../mesh/mesh.ts'
import { encodeMessage } from './message-codec.ts'
import type { ControlMessage } from './messages.ts'
import type { Peers } from './peers.ts'
import type { Slot } from './slot.ts'

/** Sends control messages, without waiting; who has no link gets none. */
export class Outbox {
  readonly #self: PeerId
  readonly #mesh: Mesh
  readonly #peers: Peers
  readonly #sent = new Set<string>()

  constructor(self: PeerId, mesh: Mesh, peers: Peers) {
    this.#self = self
    this.#mesh = mesh
    this.#peers = peers
  }

  send(peer: PeerId, message: ControlMessage): void {
    if (peer !== this.#self) this.#mesh.send(peer, encodeMessage(message))
  }

  /** To everybody with a link. */
  broadcast(message: ControlMessage): void {
    const bytes = encodeMessage(message)
    for (const peer of [...this.#peers.linked()]) this.#mesh.send(peer, bytes)
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

  startOver(): void {
    this.#sent.clear()
  }
}
