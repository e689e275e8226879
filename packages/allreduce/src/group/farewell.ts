import type { PeerId } from '@daa-compute/interface'
import type { OperationId } from './messages.ts'

export interface FarewellInit {
  readonly self: PeerId
  /** Whether so many operations of a tag are over here. */
  isOver(tag: number, sequence: number): boolean
  /** Tells a member that leaves that it may. */
  release(peer: PeerId): void
}

/**
 * Sees to it that nobody leaves while others still need what it has sent: what
 * is over at the member that leaves may still be going on at one that is slower,
 * as a broadcast is at those who have not called it yet.
 */
export class Farewell {
  readonly #init: FarewellInit
  /** Members that leave and were not released yet, and what has to be over here before. */
  readonly #leaving = new Map<PeerId, readonly OperationId[]>()
  /** Members that have not released this one. */
  readonly #awaited = new Set<PeerId>()
  #done: (() => void) | undefined

  constructor(init: FarewellInit) {
    this.#init = init
  }

  /** Resolves when these members have released this one, are gone, or the signal fires. */
  async released(others: readonly PeerId[], signal: AbortSignal): Promise<void> {
    if (others.length === 0 || signal.aborted) return
    for (const peer of others) this.#awaited.add(peer)
    await new Promise<void>((resolve) => {
      this.#done = resolve
      signal.addEventListener('abort', () => resolve(), { once: true })
    })
  }

  onLeave(peer: PeerId, done: readonly OperationId[]): void {
    this.#leaving.set(peer, done)
    this.check()
  }

  onRelease(peer: PeerId): void {
    this.#awaited.delete(peer)
    if (this.#awaited.size === 0) this.#done?.()
  }

  onDown(peer: PeerId): void {
    this.#leaving.delete(peer)
    this.onRelease(peer)
  }

  /** An operation is over here: perhaps somebody may leave now. */
  check(): void {
    for (const [peer, done] of this.#leaving) {
      if (!done.every(({ tag, sequence }) => this.#init.isOver(tag, sequence))) continue
      this.#leaving.delete(peer)
      this.#init.release(peer)
    }
  }
}
