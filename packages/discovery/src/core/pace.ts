import type { Random } from '@daa-compute/interface'
import {
  FIRST_INTERVAL_MS,
  FOLLOW_UP_INTERVAL_MS,
  INTERVAL_JITTER,
  MAX_INTERVAL_MS,
  MIN_GAP_MS,
  MIN_SPREAD_MS,
  SPREAD_PER_PEER_MS,
  TTL_INTERVALS
} from '../constants.ts'

/**
 * When to announce oneself: often while something is new, rarely when nothing
 * is, and never so that a large swarm speaks all at once.
 *
 * The pauses double from {@link FIRST_INTERVAL_MS} to a longest one that grows
 * with the swarm. News (somebody who does not know us yet) brings the next
 * announcement forward to a random moment within a spread that also grows with
 * the swarm, so that however many newcomers there are, everybody answers all of
 * them at once and the swarm as a whole keeps to a rate.
 */
export interface Pace {
  /** When to announce next, having announced at `now` in a swarm of `peers` others. */
  afterAnnouncement(now: number, peers: number): number
  /** When to announce, there being news at `now`. */
  afterNews(now: number, peers: number): number
  /** How long others may believe an announcement made now, in ms. */
  ttlMs(peers: number): number
}

export function createPace(random: Random): Pace {
  let interval = FIRST_INTERVAL_MS
  let announcedAt = Number.NEGATIVE_INFINITY

  return {
    afterAnnouncement: (now, peers) => {
      const pause = interval * (1 + INTERVAL_JITTER * (2 * random.next() - 1))
      interval = Math.min(interval * 2, longestInterval(peers))
      announcedAt = now
      return now + pause
    },
    afterNews: (now, peers) => {
      const spread = spreadMs(peers)
      interval = Math.min(interval, Math.max(FOLLOW_UP_INTERVAL_MS, spread))
      return Math.max(now + random.next() * spread, announcedAt + MIN_GAP_MS)
    },
    ttlMs: (peers) => Math.ceil(longestInterval(peers) * (1 + INTERVAL_JITTER) * TTL_INTERVALS)
  }
}

function longestInterval(peers: number): number {
  return Math.max(MAX_INTERVAL_MS, peers * SPREAD_PER_PEER_MS)
}

function spreadMs(peers: number): number {
  return Math.max(MIN_SPREAD_MS, peers * SPREAD_PER_PEER_MS)
}
