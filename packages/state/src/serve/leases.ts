import type { Clock, PeerId } from '@daa-compute/interface'
import type { HeldState } from './held-state.ts'

/** What is held for one joiner. */
export interface Lease {
  readonly peer: PeerId
  /** The state it fetches, until it has it. */
  state: HeldState | undefined
  /** From which place on results of rounds are kept for it. */
  since: number
  /** When it last asked for something. */
  usedAt: number
}

type ReleaseReason = 'done' | 'expired' | 'too-far-behind' | 'stopped'

export interface LeasesInit {
  readonly clock: Clock
  readonly leaseMs: number
  readonly maxJoiners: number
  released(lease: Lease, reason: ReleaseReason): void
}

/** Who is being served. A lease ends when nothing was asked under it for a while. */
export class Leases {
  readonly #init: LeasesInit
  readonly #leases = new Map<PeerId, Lease>()
  /** Those for whom an answer is being made. */
  readonly #answering = new Set<PeerId>()
  #cancel: (() => void) | undefined
  #isStopped = false

  constructor(init: LeasesInit) {
    this.#init = init
  }

  get size(): number {
    return this.#leases.size
  }

  get all(): readonly Lease[] {
    return [...this.#leases.values()]
  }

  /** The peer's lease, if it has one, as used now. */
  use(peer: PeerId): Lease | undefined {
    const lease = this.#leases.get(peer)
    if (lease !== undefined) lease.usedAt = this.#init.clock.now()
    return lease
  }

  /**
   * What is done to answer a peer counts as use of its lease however long it takes: a large
   * state is hashed first, and a donor's upload is for many.
   */
  async during<Result>(peer: PeerId, answer: () => Promise<Result>): Promise<Result> {
    this.#answering.add(peer)
    try {
      return await answer()
    } finally {
      this.#answering.delete(peer)
      this.use(peer)
    }
  }

  /** @returns the peer's lease, or `undefined` if there are too many, or no more are given */
  take(peer: PeerId, since: number): Lease | undefined {
    const existing = this.use(peer)
    if (existing !== undefined) return existing
    const { clock, maxJoiners } = this.#init
    if (this.#isStopped || this.#leases.size >= maxJoiners) return undefined
    const lease: Lease = { peer, state: undefined, since, usedAt: clock.now() }
    this.#leases.set(peer, lease)
    this.#watch()
    return lease
  }

  end(lease: Lease, reason: ReleaseReason): void {
    if (this.#leases.get(lease.peer) !== lease) return
    this.#leases.delete(lease.peer)
    if (this.#leases.size === 0) this.#stopWatching()
    this.#init.released(lease, reason)
  }

  /** Ends all, and gives no more: an answer may be under way. */
  stop(): void {
    this.#isStopped = true
    for (const lease of this.all) this.end(lease, 'stopped')
  }

  #watch(): void {
    if (this.#cancel !== undefined) return
    const { clock, leaseMs } = this.#init
    const oldest = Math.min(...this.all.map(({ usedAt }) => usedAt))
    const look = (): void => {
      this.#cancel = undefined
      for (const peer of this.#answering) this.use(peer)
      for (const lease of this.all) {
        if (clock.now() - lease.usedAt >= leaseMs) this.end(lease, 'expired')
      }
      if (this.#leases.size > 0) this.#watch()
    }
    // a rounding of time must not make it look again and again at the same moment
    this.#cancel = clock.schedule(Math.max(1, oldest + leaseMs - clock.now()), look)
  }

  #stopWatching(): void {
    this.#cancel?.()
    this.#cancel = undefined
  }
}
