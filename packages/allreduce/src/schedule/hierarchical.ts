import type { Schedule, Shape, Step } from './schedule.ts'

/**
 * Hierarchical all-reduce, for clusters that are near in themselves and far from
 * each other: what crosses between two clusters is as little as for two ranks,
 * and it crosses twice.
 *
 * The scheme of Jia et al., "Highly scalable deep learning training system with
 * mixed-precision" (2018), and of Mikami et al., "Massively distributed SGD"
 * (2018), for any clusters and with one finisher per chunk.
 *
 * In each cluster every chunk has an owner, and of a chunk's owners one, in
 * turns among the clusters, is its finisher. Members send their contributions to
 * the owner in their cluster, which adds them; owners send that to the finisher,
 * which adds and finishes; and the finished chunk takes the same way back. With
 * clusters of equal size all owners of a chunk have the same place in theirs;
 * with unequal ones, those of small clusters own more.
 *
 * Per rank of a cluster of m among k clusters: 4 hops; about 2 (m - 1) / m of the
 * values within the cluster and 2 (k - 1) / (k m) between clusters, each way.
 */
export const hierarchicalSchedule: Schedule = (rank, shape) => {
  const { clusters, chunks } = shape
  const home = clusters.findIndex((cluster) => cluster.includes(rank))
  const cluster = clusters[home] ?? []
  const neighbours = rotated(cluster, cluster.indexOf(rank))
  const others = rotated([...clusters.keys()], home)
  const byOwner = new Map<number, number[]>(cluster.map((member) => [member, []]))
  for (let chunk = 0; chunk < chunks; chunk++) byOwner.get(ownerIn(home, chunk, shape))?.push(chunk)
  const ownedBy = (member: number): readonly number[] => byOwner.get(member) ?? []
  const owned = ownedBy(rank)
  const finished = owned.filter((chunk) => finisherCluster(chunk, shape) === home)
  const relayed = owned.filter((chunk) => finisherCluster(chunk, shape) !== home)
  const finisher = (chunk: number): number => ownerIn(finisherCluster(chunk, shape), chunk, shape)
  const steps: Step[] = []

  // contributions to their owners in the cluster
  for (const peer of neighbours) {
    for (const chunk of ownedBy(peer)) steps.push({ op: 'send', peer, chunk })
  }
  for (const peer of neighbours.toReversed()) {
    for (const chunk of owned) steps.push({ op: 'reduce', peer, chunk })
  }
  // sums of clusters to their finishers, and back
  for (const chunk of relayed) steps.push({ op: 'send', peer: finisher(chunk), chunk })
  for (const index of others) {
    for (const chunk of finished) {
      steps.push({ op: 'reduce', peer: ownerIn(index, chunk, shape), chunk })
    }
  }
  for (const chunk of finished) steps.push({ op: 'finish', chunk })
  for (const index of others) {
    for (const chunk of finished) {
      steps.push({ op: 'send', peer: ownerIn(index, chunk, shape), chunk })
    }
  }
  for (const chunk of relayed) steps.push({ op: 'copy', peer: finisher(chunk), chunk })
  // the result to the cluster
  for (const peer of neighbours) {
    for (const chunk of owned) steps.push({ op: 'send', peer, chunk })
  }
  for (const peer of neighbours.toReversed()) {
    for (const chunk of ownedBy(peer)) steps.push({ op: 'copy', peer, chunk })
  }
  return steps
}

/** The owner of a chunk in one cluster: its members in turn, in blocks, k chunks at a time. */
function ownerIn(index: number, chunk: number, { clusters, chunks }: Shape): number {
  const cluster = clusters[index] ?? []
  const shards = Math.ceil(chunks / clusters.length)
  const shard = Math.floor(chunk / clusters.length)
  return cluster[Math.floor((shard * cluster.length) / shards)] ?? 0
}

/** The cluster in which a chunk is finished. */
function finisherCluster(chunk: number, { clusters }: Shape): number {
  return chunk % clusters.length
}

/** All entries but the one at `index`, from the next one on. */
function rotated(list: readonly number[], index: number): number[] {
  return [...list.slice(index + 1), ...list.slice(0, index)]
}
