import type { PeerId } from '@daa-compute/interface'
import type { Call } from './records.ts'

/** Every call there was, and who made it. */
export class CallBook {
  readonly all: Call[] = []
  /** Peers that send bad bytes, as soon as they have called. */
  readonly liars: Set<PeerId> = new Set()
  readonly #byPeer = new Map<PeerId, Call[]>()

  add(call: Call): void {
    const { peer, liar } = call.voice
    if (liar) this.liars.add(peer)
    this.all.push(call)
    const own = this.#byPeer.get(peer)
    if (own === undefined) this.#byPeer.set(peer, [call])
    else own.push(call)
  }

  /** Calls of a peer in all its lives, in their order. */
  of(peer: PeerId): readonly Call[] {
    return this.#byPeer.get(peer) ?? []
  }
}
