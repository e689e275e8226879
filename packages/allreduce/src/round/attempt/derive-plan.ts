import type { Hasher, Plan, PlanMember, RoundRequest } from '@daa-compute/interface'
import { type SchedulePlan, stepsOf } from '../../schedule/algorithms.ts'
import type { Pair } from '../consensus/arrangement.ts'
import type { Configuration } from '../consensus/configuration.ts'
import { createPlan } from './plan.ts'

/** How the cost model, or the caller, would have a request carried out. */
export type Arrangement = Pick<Plan, 'algorithm' | 'clusters' | 'shards' | 'segmentLength'>

/** What is arranged for a request in a group. Pure: equal for all members of one run. */
export type Arrange = (members: readonly PlanMember[], request: RoundRequest) => Arrangement

/**
 * The plan of an attempt: what the configuration has agreed and what this peer
 * brings. Members that bring the same have the same plan, so a steady round needs
 * no traffic to agree on one; members that do not have plans of other digests,
 * and find that out before a value is touched.
 */
export function derivePlan(
  config: Configuration,
  request: RoundRequest,
  arrange: Arrange,
  hasher: Hasher
): Plan {
  const { run, lineage, sequence, attempt, members } = config
  const { collective, op, dtype, codec, rule } = request
  const id = { run, lineage, sequence, attempt }
  const length = lengthOf(request)
  const { algorithm, clusters, shards, segmentLength } = arrange(members, request)
  return createPlan(
    {
      ...{ id, members, collective, op, dtype, length, codec, rule },
      ...{ algorithm, clusters, shards, segmentLength, root: 0 }
    },
    hasher
  )
}

/** The pairs of ranks between which the values of a request are sent. */
export function pairsOf(
  members: readonly PlanMember[],
  request: RoundRequest,
  arrange: Arrange
): readonly Pair[] {
  const arrangement = arrange(members, request)
  const { algorithm, clusters, shards } = arrangement
  const { collective } = request
  const length = lengthOf(request)
  const size = members.length
  const last = lastPairs.get(arrangement)
  if (last?.size === size && last.collective === collective && last.length === length) {
    return last.pairs
  }
  const pairs = knownPairsOf({ members, algorithm, collective, clusters, shards, root: 0, length })
  lastPairs.set(arrangement, { size, collective, length, pairs })
  return pairs
}

/** Of arrangements, as long as they are kept: text to look pairs up by costs more than the rest. */
const lastPairs = new WeakMap<
  Arrangement,
  Pick<Plan, 'collective' | 'length'> & { readonly size: number; readonly pairs: readonly Pair[] }
>()

function knownPairsOf(plan: SchedulePlan): readonly Pair[] {
  const { members, algorithm, clusters, shards, collective, length } = plan
  const key = JSON.stringify([members.length, algorithm, clusters, shards, collective, length])
  const known = knownPairs.get(key)
  if (known !== undefined) return known
  const pairs = findPairs(plan)
  // every attempt asks, and one is much like the one before
  if (knownPairs.size >= MAX_KNOWN_PAIRS) knownPairs.clear()
  knownPairs.set(key, pairs)
  return pairs
}

const knownPairs = new Map<string, readonly Pair[]>()
const MAX_KNOWN_PAIRS = 256

function findPairs(plan: SchedulePlan): readonly Pair[] {
  const size = plan.members.length
  const pairs = new Map<number, Pair>()
  for (let rank = 0; rank < size; rank++) {
    for (const step of stepsOf(plan, rank)) {
      if (step.op === 'finish') continue
      const pair = [Math.min(rank, step.peer), Math.max(rank, step.peer)] as const
      pairs.set(pair[0] * size + pair[1], pair)
    }
  }
  return [...pairs.values()]
}

/** Nothing at all would be reduced without anybody having come. */
export function lengthOf({ length }: RoundRequest): number {
  return Math.max(1, length)
}
