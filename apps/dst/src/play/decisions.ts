import type { PeerId } from '@daa-compute/interface'
import { type Configuration, isLater } from '../configuration.ts'
import type { Protocol } from '../protocol.ts'

/** What has been decided, by what peers tell each other. */
export interface Decisions {
  /** A control message leaves a peer. */
  hear(from: PeerId, frame: Uint8Array): void
  /** The last decision of each lineage that somebody has told. */
  latest(): Iterable<Configuration>
}

/** Messages kept before they are read all the same. */
const MAX_UNREAD = 256

/**
 * Messages are read when somebody asks, which in most scenarios nobody does; and
 * not twice when a peer tells several others the same.
 *
 * @param isLiar whose word counts for nothing
 */
export function createDecisions(
  protocol: Pick<Protocol, 'decided' | 'isDecision'>,
  isLiar: (peer: PeerId) => boolean
): Decisions {
  const latest = new Map<string, Configuration>()
  let unread: Uint8Array[] = []
  let last: Uint8Array | undefined

  function read(): void {
    for (const frame of unread) {
      const next = protocol.decided(frame)
      const known = next && latest.get(next.lineage)
      if (next && (known === undefined || isLater(next, known))) latest.set(next.lineage, next)
    }
    unread = []
  }

  return {
    hear(from, frame) {
      if (!protocol.isDecision(frame) || isLiar(from)) return
      if (last !== undefined && isSame(last, frame)) return
      last = frame.slice()
      unread.push(last)
      if (unread.length >= MAX_UNREAD) read()
    },
    latest() {
      read()
      return latest.values()
    }
  }
}

function isSame(a: Uint8Array, b: Uint8Array): boolean {
  if (a.length !== b.length) return false
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return false
  return true
}
