import { quorumOf } from './configuration.ts'
import { toHex } from '../wire/digest.ts'
import type { Report } from '../wire/messages.ts'
import type { Proposal } from './proposal.ts'

/** What the promises of a quorum leave a coordinator to propose. */
export type Choice =
  /** This may have been chosen already: nothing else will do. */
  | { readonly type: 'bound'; readonly proposal: Proposal }
  /** Two results may each have been chosen: only further promises can tell. */
  | { readonly type: 'unclear' }
  /** Nothing can have been chosen below this ballot, nor will be. */
  | { readonly type: 'free' }

/**
 * Paxos' choice: what may have been chosen in an earlier ballot binds.
 *
 * In a ballot with a coordinator there is one proposal, and it binds if anybody
 * accepted it. In ballot 0, and for a commit of whatever result comes, members
 * vote for the result they have; there a value binds only if, with the votes of
 * all who have not promised and may have voted for it, it could reach a quorum.
 * Nobody votes twice in a ballot: who is known to have voted for another did not.
 *
 * @param reports of at least a quorum of the members, by rank
 * @param mayHaveVoted whether a rank that has not promised may have voted for this
 * in a ballot, as far as its votes are known
 */
export function choose(
  reports: ReadonlyMap<number, Report>,
  size: number,
  mayHaveVoted: (rank: number, ballot: number, proposal: Proposal) => boolean
): Choice {
  let ballot = -1
  for (const { accepted } of reports.values()) ballot = Math.max(ballot, accepted?.ballot ?? -1)
  if (ballot === -1) return { type: 'free' }

  const candidates = new Map<string, { proposal: Proposal; votes: number }>()
  for (const { accepted } of reports.values()) {
    if (accepted?.ballot !== ballot) continue
    const key = keyOf(accepted.proposal)
    const candidate = candidates.get(key) ?? { proposal: accepted.proposal, votes: 0 }
    candidate.votes++
    candidates.set(key, candidate)
  }
  const [only] = candidates.values()
  if (ballot > 0 && candidates.size === 1 && only !== undefined) {
    return { type: 'bound', proposal: only.proposal }
  }
  const unheard = Array.from({ length: size }, (_, rank) => rank).filter(
    (rank) => !reports.has(rank)
  )
  const possible = [...candidates.values()].filter(({ proposal, votes }) => {
    const others = unheard.filter((rank) => mayHaveVoted(rank, ballot, proposal))
    return votes + others.length >= quorumOf(size)
  })
  const [first] = possible
  if (first === undefined) return { type: 'free' }
  return possible.length === 1 ? { type: 'bound', proposal: first.proposal } : { type: 'unclear' }
}

function keyOf({ kind, result, members }: Proposal): string {
  const names = members.map(
    ({ peer, incarnation, uplink, downlink }) => `${peer}/${incarnation}/${uplink}/${downlink}`
  )
  return [kind, result === undefined ? '' : toHex(result), ...names].join(' ')
}
