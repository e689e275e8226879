import type { PeerId } from '@daa-compute/interface'
import type { Statement } from '../protocol/messages.ts'
import type { Revision } from '../shared-state.ts'
import { electorateOf, isQuorum, type Stateless } from './quorum.ts'

/** What a peer says that it has. */
export interface Status {
  readonly peer: PeerId
  readonly statement: Statement
}

/** What all who answer have. */
export interface Statuses {
  readonly known: readonly Status[]
  readonly stateless: Stateless
}

/** Where the peers of a lineage stand. */
export interface Standing {
  readonly lineage: string
  /** Who says so, and who else was in the round that led there. */
  readonly participants: readonly PeerId[]
  /** That far more than half of those who belong to it say they are, so at least one that is honest. */
  readonly least: number
  /** How far the furthest is, as far as that can be believed: members differ by one round at most. */
  readonly most: number
}

/**
 * What a quorum may vouch for. Of several lineages the one with most participants that do
 * not say themselves that they have none, then the furthest, then the least by name. Within a lineage what
 * most name as theirs who answer, then the furthest: who was left behind still names
 * those whom it was with.
 */
export function standingOf(
  statuses: Statuses,
  lineage: string | undefined,
  self: PeerId
): Standing | undefined {
  const best = new Map<string, Standing & { readonly size: number; readonly support: number }>()
  for (const { statement } of statuses.known) {
    const stands = standing(statement, statuses, self)
    if ((lineage !== undefined && stands.lineage !== lineage) || stands.least < 0) continue
    const size = electorateOf(statement.participants, statuses.stateless).size
    const support = supportOf(statement, statuses)
    const other = best.get(stands.lineage)
    const order = other === undefined ? 1 : support - other.support || stands.least - other.least
    if (order > 0) best.set(stands.lineage, { ...stands, size, support })
  }
  return [...best.values()].toSorted(
    (a, b) => b.size - a.size || b.least - a.least || (a.lineage < b.lineage ? -1 : 1)
  )[0]
}

/** How many name the same participants, themselves among them. */
function supportOf({ revision, participants }: Statement, { known }: Statuses): number {
  const names = participants.toSorted().join()
  return known.filter(
    ({ peer, statement }) =>
      statement.revision.lineage === revision.lineage &&
      statement.participants.includes(peer) &&
      statement.participants.toSorted().join() === names
  ).length
}

function standing(
  { revision, participants }: Statement,
  { known, stateless }: Statuses,
  self: PeerId
): Standing {
  const { lineage } = revision
  const named = new Set(participants)
  const peers = known
    .filter(({ peer, statement }) => named.has(peer) && statement.revision.lineage === lineage)
    .toSorted((a, b) => b.statement.revision.sequence - a.statement.revision.sequence)
  const most = peers[0]?.statement.revision.sequence ?? -1
  const vouching = new Set<PeerId>()
  for (const { peer, statement } of peers) {
    vouching.add(peer)
    const least = statement.revision.sequence
    if (isQuorum(participants, vouching, self, stateless)) {
      return { lineage, participants, least, most: Math.min(most, least + 1) }
    }
  }
  return { lineage, participants, least: -1, most: -1 }
}

/**
 * Which revision donors should hold next. At first the newest that there is; when
 * they were gone past it by then, one that they have yet to get to, further and
 * further ahead, and again the newest if they turn out to stand still.
 */
export class TargetChooser {
  #before: number | undefined
  #ahead = 0
  #isNewest = false

  next({ lineage, least, most }: Standing): Revision {
    const isMoving = this.#before !== undefined && least > this.#before
    this.#ahead = isMoving ? Math.max(1, this.#ahead * 2) : 0
    this.#before = least
    if (isMoving) return { lineage, sequence: least + this.#ahead }
    // whoever says that it is ahead may be lying
    this.#isNewest = !this.#isNewest
    return { lineage, sequence: this.#isNewest ? most : least }
  }
}
