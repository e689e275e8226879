import type { Schedule, Shape, Step } from './schedule.ts'
import { chunksByOwner, finishOwned } from './shape.ts'

/**
 * Direct all-reduce: one hop each way, by owners of chunks. A contribution is
 * encoded once, by the rank whose it is, and reaches the owner as it is; so this
 * is the algorithm for sparse codecs and for rules that have to see every
 * contribution by itself. Owners may own unequal parts: a rank with a slow
 * uplink little, or nothing; one owner of everything makes a star.
 *
 * The parameter server of Li et al., "Scaling distributed machine learning with
 * the parameter server" (OSDI 2014), with every peer a server of its shard, as
 * in Jiang et al., "A unified architecture for accelerating distributed DNN
 * training in heterogeneous GPU/CPU clusters" (OSDI 2020).
 *
 * Per rank that owns the share s of the values: 1 + (size - 2) s of the values
 * each way, to and from every other rank.
 */
export const directSchedule: Schedule = (rank, shape) => [
  ...scatter(rank, shape),
  ...finishOwned(rank, shape),
  ...gather(rank, shape)
]

/** The first hop alone: each rank ends with the finished chunks that it owns. */
export const directReduceScatter: Schedule = (rank, shape) => [
  ...scatter(rank, shape),
  ...finishOwned(rank, shape)
]

/** The second hop alone: each rank finishes the chunks that it owns, from its own values, and all get them. */
export const directAllGather: Schedule = (rank, shape) => [
  ...finishOwned(rank, shape),
  ...gather(rank, shape)
]

/** From the root to everybody at once: the lowest delay, the highest load of the root. */
export const directBroadcast: Schedule = (rank, shape) =>
  directAllGather(rank, { ...shape, owners: shape.owners.map(() => shape.root) })

/** Each rank begins with the owner after it, so that no owner is everybody's first. */
function scatter(rank: number, shape: Shape): Step[] {
  const owned = chunksByOwner(shape)
  const steps: Step[] = []
  for (const peer of others(rank, shape.size)) {
    for (const chunk of owned[peer] ?? []) steps.push({ op: 'send', peer, chunk })
  }
  for (const peer of others(rank, shape.size).toReversed()) {
    for (const chunk of owned[rank] ?? []) steps.push({ op: 'reduce', peer, chunk })
  }
  return steps
}

function gather(rank: number, shape: Shape): Step[] {
  const owned = chunksByOwner(shape)
  const steps: Step[] = []
  for (const peer of others(rank, shape.size)) {
    for (const chunk of owned[rank] ?? []) steps.push({ op: 'send', peer, chunk })
  }
  for (const peer of others(rank, shape.size).toReversed()) {
    for (const chunk of owned[peer] ?? []) steps.push({ op: 'copy', peer, chunk })
  }
  return steps
}

/** All ranks but this one, from the next one on. */
function others(rank: number, size: number): number[] {
  return Array.from({ length: size - 1 }, (_, i) => (rank + 1 + i) % size)
}
