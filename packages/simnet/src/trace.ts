import type { PeerId } from '@daa-compute/interface'
import { DEFAULT_TRACE_LIMIT } from './constants.ts'
import { checkCount } from './errors.ts'

/** What can be seen to happen in a simulation. */
export type TraceType =
  /** A peer was added, or crashed. */
  | 'peer'
  | 'crash'
  /** `from` opens a channel; `to` has accepted or refused it. */
  | 'open'
  | 'accept'
  | 'refuse'
  /** A frame of `length` bytes entered the link, or reached the other end. */
  | 'send'
  | 'deliver'
  /** `from` closed or aborted its end; `to` has seen its own end fail. */
  | 'close'
  | 'abort'
  | 'reset'
  /** A message of `length` bytes was published on a topic, or reached a subscriber. */
  | 'publish'
  | 'hear'
  /** A peer was stopped, went on, or was slowed down. */
  | 'freeze'
  | 'thaw'
  | 'slow'
  /** The way from `from` to `to` was blocked, or opened again. */
  | 'cut'
  | 'restore'
  /** The network fell apart into the groups that `on` shows, or all faults of it were mended. */
  | 'partition'
  | 'heal'
  /** The connection of two peers was lost. */
  | 'flap'
  /** A script has put `length` frames in the place of one. */
  | 'tamper'

/** One line of a trace. */
export interface TraceEntry {
  /** Virtual time, in ms. */
  readonly timeMs: number
  readonly type: TraceType
  /** Missing for what happens to the network as a whole. */
  readonly from?: PeerId
  readonly to?: PeerId
  /** The protocol of a channel, or a topic. */
  readonly on?: string
  /** Number of the channel, from 1 in the order of `open`. */
  readonly channel?: number
  /** Bytes of the frame or message. */
  readonly length?: number
}

/** Takes every entry as it happens. */
export type TraceSink = (entry: TraceEntry) => void

/** The last entries of a simulation. */
export interface Trace {
  /** Give this to `createSimnet` as `trace`. */
  readonly sink: TraceSink
  /** What is kept, oldest first. */
  entries(): readonly TraceEntry[]
  /** One line per entry. */
  toString(): string
}

/**
 * Keeps the last `limit` entries (1,000 by default), for a person to read after a failure.
 *
 * @throws {SimnetError} `BAD_OPTION`
 */
export function createTrace(options: { readonly limit?: number } = {}): Trace {
  const limit = checkCount('limit', options.limit ?? DEFAULT_TRACE_LIMIT, 1)
  const ring: TraceEntry[] = []
  let next = 0

  function entries(): readonly TraceEntry[] {
    return ring.length < limit ? [...ring] : [...ring.slice(next), ...ring.slice(0, next)]
  }

  return {
    sink(entry) {
      ring[next] = entry
      next = (next + 1) % limit
    },
    entries,
    toString: () => entries().map(formatTraceEntry).join('\n')
  }
}

/** One entry as a line: `12.345 ms  a → b  deliver  1024 B  #3 /daa/run/1`. */
export function formatTraceEntry(entry: TraceEntry): string {
  const parts = [`${entry.timeMs.toFixed(3)} ms`]
  if (entry.from !== undefined) {
    parts.push(entry.to === undefined ? entry.from : `${entry.from} → ${entry.to}`)
  }
  parts.push(entry.type)
  if (entry.length !== undefined) parts.push(`${entry.length} B`)
  if (entry.on !== undefined) {
    parts.push(entry.channel === undefined ? entry.on : `#${entry.channel} ${entry.on}`)
  }
  return parts.join('  ')
}
