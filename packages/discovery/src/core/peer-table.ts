import type { DirectoryEvent, PeerId, PeerRecord } from '@daa-compute/interface'
import {
  ANNOUNCEMENTS_PER_SECOND,
  ANNOUNCEMENT_BURST,
  MAX_TTL_MS,
  MIN_TTL_MS
} from '../constants.ts'
import type { Announcement, Description } from './announcement.ts'
import type { CapabilityFilter } from './capability-filter.ts'
import { createTokenBucket, type TokenBucket } from './token-bucket.ts'

/** What became of an announcement. */
export type Outcome =
  /** It is the newest of its author. */
  | 'accepted'
  /** A newer one of the same author is known: it was late, repeated or replayed. */
  | 'stale'
  /** Its author announces more often than an honest peer would. */
  | 'flood'
  /** The filter does not want the peer. */
  | 'filtered'
  /** The table is full and the peer is new. */
  | 'full'

/** What {@link PeerTable.accept} did. */
export interface Acceptance {
  readonly outcome: Outcome
  readonly event: DirectoryEvent | undefined
  /** Whether the author began a life that was not known: it may not know us either. */
  readonly newcomer: boolean
  /** When what was remembered of it expires. */
  readonly expiresAt: number | undefined
}

/**
 * Who is there, by the newest announcement of each peer. No timers, no I/O.
 *
 * A peer that left is remembered until its last announcement would have expired:
 * an older one of its announcements may still be under way.
 */
export interface PeerTable {
  /** Number of peers that are there. */
  readonly size: number
  records(): Iterable<PeerRecord>
  accept(from: PeerId, announcement: Announcement, now: number): Acceptance
  /** Drops what has expired. */
  expire(now: number): DirectoryEvent[]
  /** When the next entry expires, on the clock of `now`. */
  nextExpiry(): number | undefined
}

interface Life {
  incarnation: number
  sequence: number
  expiresAt: number
  readonly bucket: TokenBucket
}

interface Present extends Life {
  record: PeerRecord
}

/** @param maxPeers peers that are kept, and as many that have left */
export function createPeerTable(maxPeers: number, filter: CapabilityFilter): PeerTable {
  return new AnnouncedPeerTable(maxPeers, filter)
}

class AnnouncedPeerTable implements PeerTable {
  readonly #maxPeers: number
  readonly #filter: CapabilityFilter
  readonly #present = new Map<PeerId, Present>()
  readonly #gone = new Map<PeerId, Life>()

  constructor(maxPeers: number, filter: CapabilityFilter) {
    this.#maxPeers = maxPeers
    this.#filter = filter
  }

  get size(): number {
    return this.#present.size
  }

  *records(): Iterable<PeerRecord> {
    for (const { record } of this.#present.values()) yield record
  }

  accept(from: PeerId, announcement: Announcement, now: number): Acceptance {
    const known = this.#present.get(from) ?? this.#gone.get(from)
    if (known !== undefined && !isNewer(announcement, known)) return ignored('stale')
    const bucket =
      known?.bucket ?? createTokenBucket(ANNOUNCEMENT_BURST, ANNOUNCEMENTS_PER_SECOND, now)
    const { description, incarnation, sequence } = announcement
    // a good-bye is always heard: it ends what can be flooded
    if (!bucket.take(now) && description !== undefined) return ignored('flood')

    const ttlMs = Math.min(Math.max(announcement.ttlMs, MIN_TTL_MS), MAX_TTL_MS)
    const life: Life = { incarnation, sequence, expiresAt: now + ttlMs, bucket }
    if (description === undefined) return this.#leave(from, life, 'accepted')
    const record: PeerRecord = Object.freeze({ peer: from, ...description })
    if (!this.#filter(record)) return this.#leave(from, life, 'filtered')
    return this.#keep(from, life, record)
  }

  #keep(from: PeerId, life: Life, record: PeerRecord): Acceptance {
    const before = this.#present.get(from)
    if (before === undefined && this.#present.size >= this.#maxPeers) return ignored('full')
    const newcomer = before?.incarnation !== life.incarnation
    this.#gone.delete(from)
    if (before !== undefined && !newcomer && sameDescription(before.record, record)) {
      this.#present.set(from, { ...life, record: before.record })
      return { outcome: 'accepted', event: undefined, newcomer, expiresAt: life.expiresAt }
    }
    this.#present.set(from, { ...life, record })
    const type = before === undefined ? 'join' : 'update'
    return { outcome: 'accepted', event: { type, record }, newcomer, expiresAt: life.expiresAt }
  }

  #leave(from: PeerId, life: Life, outcome: Outcome): Acceptance {
    const wasPresent = this.#present.delete(from)
    // whom the filter never let in need not be remembered
    if (outcome !== 'filtered' || wasPresent || this.#gone.has(from)) {
      this.#gone.delete(from)
      this.#gone.set(from, life)
      for (const oldest of this.#gone.keys()) {
        if (this.#gone.size <= this.#maxPeers) break
        this.#gone.delete(oldest)
      }
    }
    const event = wasPresent ? ({ type: 'leave', peer: from } as const) : undefined
    return { outcome, event, newcomer: false, expiresAt: life.expiresAt }
  }

  expire(now: number): DirectoryEvent[] {
    for (const [peer, { expiresAt }] of this.#gone) {
      if (expiresAt <= now) this.#gone.delete(peer)
    }
    const events: DirectoryEvent[] = []
    for (const [peer, { expiresAt }] of this.#present) {
      if (expiresAt > now) continue
      this.#present.delete(peer)
      events.push({ type: 'leave', peer })
    }
    return events
  }

  nextExpiry(): number | undefined {
    let next: number | undefined
    for (const lives of [this.#present, this.#gone]) {
      for (const { expiresAt } of lives.values()) {
        if (next === undefined || expiresAt < next) next = expiresAt
      }
    }
    return next
  }
}

function isNewer(announcement: Announcement, known: Life): boolean {
  return announcement.incarnation === known.incarnation
    ? announcement.sequence > known.sequence
    : announcement.incarnation > known.incarnation
}

function sameDescription(a: Description, b: Description): boolean {
  const names = Object.keys(a.capabilities)
  return (
    a.addresses.length === b.addresses.length &&
    a.addresses.every((address, i) => address === b.addresses[i]) &&
    names.length === Object.keys(b.capabilities).length &&
    names.every(
      (name) => Object.hasOwn(b.capabilities, name) && a.capabilities[name] === b.capabilities[name]
    )
  )
}

function ignored(outcome: Outcome): Acceptance {
  return { outcome, event: undefined, newcomer: false, expiresAt: undefined }
}
