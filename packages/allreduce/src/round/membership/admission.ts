import type { PeerId } from '@daa-compute/interface'
import { type Place, rankOf } from '../consensus/chain.ts'
import { isEqual } from './lineages.ts'
import type { Peers } from './peers.ts'
import type { Slot } from '../consensus/slot.ts'
import type { Joiner } from '../consensus/succession.ts'

/** What admission goes by. */
export interface Admission {
  readonly slot: Slot
  readonly peers: Peers
  readonly minPeers: number
  /** Where the members stood before they were cut off from another lineage. */
  readonly ancestor: Place | undefined
  /** Ranks of the other members that are there. */
  readonly present: readonly number[]
}

/** Peers to admit: `now`, by trying the attempt again, or after it, without stopping it. */
export interface Joiners {
  readonly now: readonly Joiner[]
  readonly later: readonly Joiner[]
}

/** Nobody asks. */
export const NO_JOINERS: Joiners = { now: [], later: [] }

/**
 * Who asks to be admitted, and can be. Whoever stands where the members do is let
 * in while that costs nobody anything: before the first round, or as long as
 * nobody is at work. Who may begin in the middle waits for the next round, unless
 * there are too few for this one.
 */
export function joinersOf({ slot, peers, minPeers, ancestor, present }: Admission): Joiners {
  if (peers.asks.size === 0) return NO_JOINERS
  const { config, entered } = slot
  const now: Joiner[] = []
  const later: Joiner[] = []
  for (const [peer, ask] of peers.asks) {
    const incarnation = peers.incarnationOf(peer)
    if (incarnation === undefined || rankOf(config.members, peer, incarnation) !== -1) continue
    const joiner = { peer, incarnation, ...ask.budget, sees: new Set(ask.sees) }
    // its links are being made: nobody votes for a stranger
    if (!isSeenByAll(slot, present, joiner.sees)) continue
    const isIdle = entered.size === 0 || config.sequence === 0
    const isLacking = config.members.length < minPeers
    if (isEqual(ask, config, ancestor) && isIdle) now.push(joiner)
    else if (ask.late && isLacking) now.push(joiner)
    else if (ask.late) later.push(joiner)
  }
  return { now, later }
}

function isSeenByAll(slot: Slot, present: readonly number[], sees: ReadonlySet<PeerId>): boolean {
  return slot.config.members.every(
    ({ peer }, rank) => sees.has(peer) || (rank !== slot.rank && !present.includes(rank))
  )
}
