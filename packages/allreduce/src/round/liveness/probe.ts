import type { Clock, PeerId } from '@daa-compute/interface'
import type { Mesh } from '../../mesh/mesh.ts'
import type { Peers } from '../membership/peers.ts'
import type { Slot } from '../consensus/slot.ts'

export interface ProbeInit {
  readonly clock: Clock
  readonly mesh: Mesh
  readonly peers: Peers
  /** ms between two questions to one peer. */
  readonly intervalMs: number
  /** ms of silence after which a peer is suspected. */
  deadlineOf(peer: PeerId): number
  /** Has a peer say where it is. */
  ask(peer: PeerId): void
  /** Suspicions may have changed. */
  changed(): void
}

/**
 * Asks members that are waited for in vain whether they are alive. Who computes
 * answers all the same; who is frozen keeps its links, has joined nothing, and would
 * hold up for ever whatever needs it.
 */
export class Probe {
  readonly #init: ProbeInit
  #slot: Slot | undefined
  #sinceMs = 0
  #lastTickMs = 0
  #cancel: (() => void) | undefined

  constructor(init: ProbeInit) {
    this.#init = init
  }

  /** Goes on asking the members of a slot; has no effect while it does so already. */
  start(slot: Slot): void {
    if (this.#slot === slot) return
    this.stop()
    this.#slot = slot
    this.#sinceMs = this.#init.clock.now()
    this.#lastTickMs = this.#sinceMs
    this.#tick()
  }

  stop(): void {
    this.#cancel?.()
    this.#cancel = undefined
    this.#slot = undefined
  }

  #tick(): void {
    const { clock, mesh, peers, intervalMs, deadlineOf, ask, changed } = this.#init
    const slot = this.#slot
    if (slot === undefined) return
    const now = clock.now()
    // this peer's own freezes are not held against the others
    if (now - this.#lastTickMs > 3 * intervalMs) this.#sinceMs = now
    this.#lastTickMs = now
    this.#cancel = clock.schedule(intervalMs, () => this.#tick())
    for (const [rank, { peer }] of slot.config.members.entries()) {
      const link = mesh.get(peer)
      if (rank === slot.rank || link === undefined) continue
      const silence = now - Math.max(link.lastHeard, this.#sinceMs)
      if (silence > deadlineOf(peer)) {
        const reason = `it has been silent for ${Math.round(silence)} ms`
        peers.suspects.set(peer, { kind: 'silent', reason })
      }
      if (now - link.lastHeard >= intervalMs) ask(peer)
    }
    changed()
  }
}
