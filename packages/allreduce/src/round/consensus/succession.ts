import type { PeerId, PlanMember } from '@daa-compute/interface'
import { arrange, type Pair } from './arrangement.ts'
import { type Configuration, quorumOf } from './configuration.ts'
import { sameDigest } from '../wire/digest.ts'
import type { Complaint, Report } from '../wire/messages.ts'
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
  /** Fewer than this can have no round. */
  readonly minPeers: number
  /** Members whose caller wants no part in the round for now. */
  readonly withdrawn: ReadonlySet<PeerId>
  /** Ranks that the coordinator has links with, itself included. */
  readonly linked: ReadonlySet<number>
  /** By the rank of who complains. */
  readonly complaints: ReadonlyMap<number, readonly Complaint[]>
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
 * Members that have promised and still have a link, and those that most who have
 * promised can reach and nobody accuses: they may be too busy to answer, or
 * only the coordinator has lost them.
 */
function present({
  config,
  reports,
  leaving,
  linked,
  complaints
}: Circumstances): readonly PlanMember[] {
  return config.members.filter(({ peer }, rank) => {
    if (leaving.has(peer)) return false
    if (reports.has(rank) && linked.has(rank)) return true
    if (isAccused(peer, reports, complaints)) return false
    const seenBy = [...reports.values()].filter(({ sees }) => sees.includes(rank)).length
    return 2 * seenBy > reports.size
  })
}

/** Whether anybody calls a member silent, or all who have promised blame it for what failed. */
function isAccused(
  peer: PeerId,
  reports: ReadonlyMap<number, Report>,
  complaints: ReadonlyMap<number, readonly Complaint[]>
): boolean {
  const accusers = (kind: Complaint['kind']): number[] =>
    [...complaints]
      .filter(([, all]) => all.some((one) => one.kind === kind && one.culprit === peer))
      .map(([rank]) => rank)
  const blamers = accusers('failed')
  return (
    accusers('silent').length > 0 || [...reports.keys()].every((rank) => blamers.includes(rank))
  )
}

/**
 * Leaves out members that have not joined, when all who have joined are tired of
 * waiting, or it has said itself that it is not coming. Where too few would be left
 * for a round that gains nothing: who has just given a sign of life stays.
 */
function ready(
  { config, reports, withdrawn, joiners, minPeers }: Circumstances,
  members: readonly PlanMember[]
): readonly PlanMember[] {
  const reportOf = ({ peer }: PlanMember): Report | undefined =>
    reports.get(config.members.findIndex((member) => member.peer === peer))
  const entered = members.filter((member) => reportOf(member)?.entered === true)
  if (entered.length === 0) return members
  const isPatienceOver = entered.every((member) => reportOf(member)?.patienceOver === true)
  const absent = members.filter((member) => !entered.includes(member))
  const allWithdrew = absent.every(({ peer }) => withdrawn.has(peer))
  if (!isPatienceOver && !allWithdrew) return members
  if (entered.length + joiners.length >= minPeers) return entered
  return members.filter((member) => reportOf(member) !== undefined)
}

function withJoiners(
  { joiners }: Circumstances,
  members: readonly PlanMember[]
): readonly PlanMember[] {
  const staying = members.filter(({ peer }) => joiners.every((joiner) => joiner.peer !== peer))
  return [
    ...staying,
    ...joiners.map(({ peer, incarnation, uplink, downlink }) => ({
      peer,
      incarnation,
      uplink,
      downlink
    }))
  ]
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
