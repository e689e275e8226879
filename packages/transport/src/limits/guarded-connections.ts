import type { PeerId } from '@daa-compute/interface'
import type { Connection, MultiaddrConnection } from '@libp2p/interface'
import type { GuardedConnection } from './guarded-connection.ts'

/** All connections of a node, open or about to be. */
export class GuardedConnections {
  /** libp2p hands the timeline of a transport's connection on to the one that users see. */
  readonly #byTimeline = new WeakMap<object, GuardedConnection>()
  readonly #all = new Set<GuardedConnection>()

  add(maConn: MultiaddrConnection, guarded: GuardedConnection): void {
    this.#byTimeline.set(maConn.timeline, guarded)
    this.#all.add(guarded)
  }

  delete(guarded: GuardedConnection): void {
    this.#all.delete(guarded)
  }

  of({ timeline }: Connection | MultiaddrConnection): GuardedConnection | undefined {
    return this.#byTimeline.get(timeline)
  }

  [Symbol.iterator](): IterableIterator<GuardedConnection> {
    return this.#all.values()
  }

  count(which: (guarded: GuardedConnection) => boolean): number {
    let count = 0
    for (const guarded of this.#all) if (which(guarded)) count++
    return count
  }

  unreadOf(peer: PeerId): number {
    let unread = 0
    for (const guarded of this.#all) if (guarded.peer === peer) unread += guarded.unread
    return unread
  }
}
