import type { Connection } from '@libp2p/interface'

/** Frames that are neither here nor there, and their bytes. */
export interface InFlight {
  readonly frames: number
  /** Without what framing adds, except of what waits in a stream that is paused. */
  readonly bytes: number
}

/** Both ways of one channel, or of many. */
export interface InFlightBothWays {
  /** Given to `send`, which has not resolved yet. */
  readonly sent: InFlight
  /** Come, wholly or in part, and not taken by `receive` yet. */
  readonly received: InFlight
}

const byConnection = new WeakMap<Connection, Set<() => InFlightBothWays>>()

/** Has a channel asked for its part. @returns a function that ends it */
export function holdInFlight(connection: Connection, part: () => InFlightBothWays): () => void {
  const parts = byConnection.get(connection) ?? new Set()
  byConnection.set(connection, parts.add(part))
  return () => {
    parts.delete(part)
  }
}

/** What all channels over a connection have in flight at this moment. */
export function inFlightOf(connection: Connection): InFlightBothWays {
  return sumInFlight([...(byConnection.get(connection) ?? [])].map((part) => part()))
}

export function sumInFlight(parts: readonly InFlightBothWays[]): InFlightBothWays {
  const sum = { sent: { frames: 0, bytes: 0 }, received: { frames: 0, bytes: 0 } }
  for (const part of parts) {
    for (const way of ['sent', 'received'] as const) {
      sum[way].frames += part[way].frames
      sum[way].bytes += part[way].bytes
    }
  }
  return sum
}
