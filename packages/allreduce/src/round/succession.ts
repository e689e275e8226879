import type { PeerId, PlanMember } from '@daa-compute/interface'
import { arrange, type Pair } from './arrangement.ts'
import { type Configuration, quorumOf } from './configuration.ts'
import { sameDigest } from './digest.ts'
import type { Report } from './messages.ts'
import type { Proposal } from './proposal.ts'

/** A peer that asks to be admitted, and whom it has links with. */
export interface Joiner extends PlanMember {
  readonly sees: ReadonlySet<PeerId>
}

/** What a coordinator that is free to choose goes by. */
export interface Circumstances {
  readonly config: Configuration
  /** Of the members that have promised, by rank: at least a quorum. */
  readonly reports: ReadonlyMap<number, Report>
  /** Why the attempt has to be tried again; `undefined` while it may still succeed. */
  readonly trouble: Pick<Proposal, 'culprit' | 'reason'> | undefined
  /** Members that leave the run or have joined another lineage. */
  readonly leaving: ReadonlySet<PeerId>
  /** Members whose caller wants no part in the round for now. */
  readonly withdrawn: ReadonlySet<PeerId>
  /** Members that anybody calls silent. */
  readonly silent: ReadonlySet<PeerId | undefined>
  readonly joiners: readonly Joiner[]
  /** The pairs of ranks that the run's algorithm uses in a group. */
  pairsOf(members: readonly PlanMember[]): readonly Pair[]
}

/** What to propose: the best that the circumstances allow. */
export function succeed(circumstances: Circumstances): Proposal {
  const { config, reports, trouble, leaving } = circumstances
  const result = commonResult(reports, config.members.length)
  if (trouble === undefined || result !== undefined) {
    const stay = config.members.filter(({ peer }) => !leaving.has(peer))
    const members = trouble === undefined ? stay : present(circumstances)
    return {
      kind: 'commit',
      result,
      members: orSelf(arranged(circumstances, withJoiners(circumstances, members)), config),
      culprit: undefined,
      reason: ''
    }
  }
  const members = withJoiners(circumstances, ready(circumstances, present(circumstances)))
  return {
    kind: 'retry',
    result: undefined,
    members: orSelf(arranged(circumstances, members), config),
    ...trouble
  }
}

/** The result that a quorum of the members holds: then the round counts, whoever is gone. */
function commonResult(reports: ReadonlyMap<number, Report>, size: number): Uint8Array | undefined {
  const held = [...reports.values()].map(({ holds }) => holds).filter((one) => one !== undefined)
  return held.find((a) => held.filter((b) => sameDigest(a, b)).length >= quorumOf(size))
}

/**
 * Members that have promised, and those that most who have can reach and nobody
 * calls silent: they may be too busy to answer, or only the coordinator has lost
 * them.
 */
function present({ config, reports, leaving, silent }: Circumstances): readonly PlanMember[] {
  return config.members.filter(({ peer }, rank) => {
    if (leaving.has(peer)) return false
    if (reports.has(rank)) return true
    if (silent.has(peer)) return false
    const seenBy = [...reports.values()].filter(({ sees }) => sees.includes(rank)).length
    return 2 * seenBy > reports.size
  })
}

/**
 * Leaves out members that have not joined, when all who have joined are tired
 * of waiting, or it has said itself that it is not coming.
 */
function ready(
  { config, reports, withdrawn }: Circumstances,
  members: readonly PlanMember[]
): readonly PlanMember[] {
  const reportOf = ({ peer }: PlanMember): Report | undefined =>
    reports.get(config.members.findIndex((member) => member.peer === peer))
  const entered = members.filter((member) => reportOf(member)?.entered === true)
  if (entered.length === 0) return members
  const isPatienceOver = entered.every((member) => reportOf(member)?.patienceOver === true)
  const absent = members.filter((member) => !entered.includes(member))
  const allWithdrew = absent.every(({ peer }) => withdrawn.has(peer))
  return isPatienceOver || allWithdrew ? entered : members
}

function withJoiners(
  { joiners }: Circumstances,
  members: readonly PlanMember[]
): readonly PlanMember[] {
  const staying = members.filter(({ peer }) => joiners.every((joiner) => joiner.peer !== peer))
  return [...staying, ...joiners.map(({ peer, incarnation }) => ({ peer, incarnation }))]
}

function arranged(
  { config, reports, joiners, pairsOf }: Circumstances,
  members: readonly PlanMember[]
): readonly PlanMember[] {
  const rankOf = new Map(config.members.map(({ peer }, rank) => [peer, rank]))
  const joinersBy = new Map(joiners.map((joiner) => [joiner.peer, joiner]))
  /** `undefined` when nobody can tell. */
  const sees = (from: PeerId, to: PeerId): boolean | undefined => {
    const joiner = joinersBy.get(from)
    if (joiner !== undefined) return joiner.sees.has(to)
    const report = reports.get(rankOf.get(from) ?? -1)
    const rank = rankOf.get(to)
    if (report === undefined || rank === undefined || joinersBy.has(to)) return undefined
    return report.sees.includes(rank)
  }
  const isBroken = (a: PlanMember, b: PlanMember): boolean =>
    sees(a.peer, b.peer) === false || sees(b.peer, a.peer) === false
  return arrange(members, isBroken, pairsOf)
}

/** A configuration has members: where nobody would be left, everybody stays. */
function orSelf(members: readonly PlanMember[], config: Configuration): readonly PlanMember[] {
  return members.length === 0 ? config.members : members
}
