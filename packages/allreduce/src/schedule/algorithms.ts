import type { Algorithm, Plan } from '@daa-compute/interface'
import { butterflySchedule, largestPowerOfTwo } from './butterfly.ts'
import { MAX_CHUNKS_PER_MEMBER, MIN_CHUNK_LENGTH, TREE_CHUNKS } from './constants.ts'
import { directAllGather, directBroadcast, directReduceScatter, directSchedule } from './direct.ts'
import { badPlan } from './errors.ts'
import { hierarchicalSchedule } from './hierarchical.ts'
import { createKnownPlans, type KnownPlan } from './known-plans.ts'
import { partition, partitionByShares, type Range } from './partition.ts'
import { ringAllGather, ringReduceScatter, ringSchedule } from './ring.ts'
import type { Schedule, Shape, Step } from './schedule.ts'
import { createShape } from './shape.ts'
import { treeBroadcast, treeSchedule } from './tree.ts'

/** What of a plan decides about its steps; of the members only how many there are. */
export interface SchedulePlan extends Pick<
  Plan,
  'algorithm' | 'collective' | 'clusters' | 'shards' | 'root' | 'length'
> {
  readonly members: { readonly length: number }
}

/** An algorithm: its all-reduce, and what it does for the other collectives. */
export interface ScheduledAlgorithm {
  readonly allReduce: Schedule
  /** The ring's, for algorithms that have no halves of this kind. */
  readonly reduceScatter: Schedule
  readonly allGather: Schedule
  /** The tree's, but for `direct`. */
  readonly broadcast: Schedule
  /** Chunks that it wants large values cut into. */
  chunks(size: number, clusters: readonly (readonly number[])[]): number
}

const halvesOfRing = {
  reduceScatter: ringReduceScatter,
  allGather: ringAllGather,
  broadcast: treeBroadcast
}

/** Every algorithm that exists, by name. */
export const ALGORITHMS: Readonly<Record<Algorithm, ScheduledAlgorithm>> = {
  ring: { ...halvesOfRing, allReduce: ringSchedule, chunks: (size) => size },
  tree: { ...halvesOfRing, allReduce: treeSchedule, chunks: () => TREE_CHUNKS },
  butterfly: { ...halvesOfRing, allReduce: butterflySchedule, chunks: largestPowerOfTwo },
  hierarchical: { ...halvesOfRing, allReduce: hierarchicalSchedule, chunks: hierarchicalChunks },
  direct: {
    allReduce: directSchedule,
    reduceScatter: directReduceScatter,
    allGather: directAllGather,
    broadcast: directBroadcast,
    chunks: (size) => size
  }
}

/**
 * The shape of a plan: how many chunks, and whose. Small values are cut into
 * fewer chunks than the algorithm would like, but for the collectives whose rank
 * r owns chunk r. A barrier has one chunk, of one element: everybody's
 * contribution has to arrive somewhere before anybody gets the result.
 *
 * The same for equal plans, and found once: one round of a run is much like the one
 * before, and its peers' are like its own.
 *
 * @throws {ScheduleError} `BAD_PLAN`
 */
export function shapeOf(plan: SchedulePlan): Shape {
  return knownPlan(plan).shape
}

function findShape(plan: SchedulePlan, most: number): Shape {
  const { members, algorithm, collective, clusters, root, length } = plan
  const size = members.length
  switch (collective) {
    case 'barrier':
      if (length !== 1) throw badPlan('length', `is ${length} for a barrier, which has 1 element`)
      return createShape({ size, chunks: 1, clusters, owners: [shardOwners(plan)?.[0] ?? 0] })
    case 'reduceScatter':
    case 'allGather':
      return createShape({ size, chunks: size })
    case 'broadcast':
      return createShape({ size, chunks: Math.min(most, ALGORITHMS.tree.chunks(size, [])), root })
    case 'allReduce': {
      const owners = algorithm === 'direct' ? shardOwners(plan) : undefined
      if (owners !== undefined) return createShape({ size, owners })
      const chunks = Math.min(most, ALGORITHMS[algorithm].chunks(size, clusters))
      return createShape({ size, chunks, clusters })
    }
  }
}

const knownPlans = createKnownPlans()

function knownPlan(plan: SchedulePlan): KnownPlan {
  const { members, algorithm, collective, clusters, shards, root, length } = plan
  const size = members.length
  const chunks = Math.max(1, Math.ceil(length / MIN_CHUNK_LENGTH))
  // no algorithm wants more
  const most = Math.min(chunks, Math.max(TREE_CHUNKS, MAX_CHUNKS_PER_MEMBER * size))
  const exact = collective === 'barrier' ? length : most
  let key = `${algorithm} ${collective} ${size} ${root} ${exact}`
  if (shards.length > 0) key += `,shards ${shards.join(' ')}`
  for (const ranks of clusters) key += `,cluster ${ranks.join(' ')}`
  return knownPlans.get(key) ?? knownPlans.add(key, findShape(plan, most))
}

/**
 * Where the chunks of a plan lie, in elements: of nearly equal sizes, or for
 * `direct` with shards in proportion to those.
 */
export function chunkRanges(plan: SchedulePlan, shape: Shape): readonly Range[] {
  if (plan.collective === 'allReduce' && plan.algorithm === 'direct' && plan.shards.length > 0) {
    return partitionByShares(
      plan.length,
      shape.owners.map((owner) => plan.shards[owner] ?? 0)
    )
  }
  return partition(plan.length, shape.chunks)
}

/** The schedule that carries out a plan. */
export function scheduleOf({ algorithm, collective }: SchedulePlan): Schedule {
  return ALGORITHMS[algorithm][collective === 'barrier' ? 'allReduce' : collective]
}

/**
 * The steps of one rank of a plan; found once, as its shape is.
 *
 * @throws {ScheduleError} `BAD_PLAN`
 */
export function stepsOf(plan: SchedulePlan, rank: number): readonly Step[] {
  const known = knownPlan(plan)
  const found = known.steps.get(rank)
  if (found !== undefined) return found
  const steps = scheduleOf(plan)(rank, known.shape)
  knownPlans.addSteps(known, rank, steps)
  return steps
}

/** The ranks to which a plan gives shards; `undefined` when it says nothing of shards. */
function shardOwners({ members, shards }: SchedulePlan): number[] | undefined {
  if (shards.length === 0) return undefined
  if (shards.length !== members.length) {
    throw badPlan('shards', `are ${shards.length} for ${members.length} ranks`)
  }
  if (!shards.every((share) => Number.isFinite(share) && share >= 0)) {
    throw badPlan('shards', `are ${shards.join(', ')}, not all of them finite and at least 0`)
  }
  const owners = [...shards.keys()].filter((rank) => (shards[rank] ?? 0) > 0)
  const total = shards.reduce((sum, share) => sum + share, 0)
  if (owners.length === 0 || !Number.isFinite(total)) {
    throw badPlan('shards', `add up to ${total}`)
  }
  return owners
}

/**
 * A chunk per cluster for each shard, and shards that every cluster can deal
 * evenly: the least common multiple of their sizes, where it is not too large.
 */
function hierarchicalChunks(size: number, clusters: readonly (readonly number[])[]): number {
  const count = Math.max(1, clusters.length)
  const most = Math.floor((size * MAX_CHUNKS_PER_MEMBER) / count)
  let shards = clusters.length === 0 ? size : 1
  for (const { length } of clusters) shards = Math.min(most, leastCommonMultiple(shards, length))
  return shards * count
}

function leastCommonMultiple(a: number, b: number): number {
  let [x, y] = [a, b]
  while (y > 0) [x, y] = [y, x % y]
  return (a / x) * b
}
