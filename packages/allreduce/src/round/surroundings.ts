import type { PeerId } from '@daa-compute/interface'
import type { JoinMessage, ProposeMessage } from './messages.ts'

/** Where a peer says that it is. */
export type Claim = Pick<JoinMessage, 'lineage' | 'sequence'>

/** What is known of the others; kept from round to round. */
export interface Surroundings {
  /** Peers with a link, and the process life of each. */
  up(): ReadonlyMap<PeerId, string>
  /** The last join of each, unless it withdrew since. */
  readonly joins: ReadonlyMap<PeerId, JoinMessage>
  /** The last proposal of each. */
  readonly proposals: ReadonlyMap<PeerId, ProposeMessage>
  /** How far each was when it last said so. */
  readonly positions: ReadonlyMap<PeerId, Claim>
  /** Peers that a round does not wait for until they join again. */
  readonly excused: Set<PeerId>
  /** Members of an attempt of unknown outcome who may have counted it. */
  readonly inDoubt: Set<PeerId>
}

/** What most claim; among equals the earliest round. */
export function mostClaimed(claims: readonly Claim[]): Claim {
  const groups = [
    ...Map.groupBy(claims, ({ lineage, sequence }) => `${sequence}/${lineage}`).values()
  ]
  const [most] = groups.toSorted(
    (a, b) => b.length - a.length || (a[0]?.sequence ?? 0) - (b[0]?.sequence ?? 0)
  )
  const claim = most?.[0]
  if (claim === undefined) throw new RangeError('nobody claims anything')
  return claim
}
