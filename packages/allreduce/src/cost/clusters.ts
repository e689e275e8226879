import { CLUSTER_GAP, CLUSTER_PROBE_BYTES, TRUNK_GAP } from './constants.ts'
import type { Network } from './network.ts'

interface Edge {
  readonly from: number
  readonly to: number
  readonly ms: number
}

/**
 * Ranks that are near each other and far from the rest, where there are any: the
 * nearest-neighbour tree of the ranks (Prim 1957), cut at the widest gap between
 * its links (single-linkage clustering), if that is wide enough.
 *
 * @returns clusters of ascending ranks, by their first; none if all are about
 * equally far from each other
 */
export function findClusters(network: Network): readonly (readonly number[])[] {
  const edges = spanningTree(network).toSorted((a, b) => a.ms - b.ms)
  let widest = CLUSTER_GAP
  let cut = edges.length
  for (let index = 1; index < edges.length; index++) {
    const gap = (edges[index]?.ms ?? 0) / (edges[index - 1]?.ms ?? 1)
    if (gap >= widest) [widest, cut] = [gap, index]
  }
  if (cut === edges.length) return []
  const leader = Array.from({ length: network.size }, (_, rank) => rank)
  for (const { from, to } of edges.slice(0, cut)) {
    const [kept, merged] = [leader[from] ?? 0, leader[to] ?? 0]
    for (const [rank, of] of leader.entries()) if (of === merged) leader[rank] = kept
  }
  const clusters = new Map<number, number[]>()
  for (const [rank, of] of leader.entries()) {
    const cluster = clusters.get(of) ?? []
    cluster.push(rank)
    clusters.set(of, cluster)
  }
  return [...clusters.values()]
}

/**
 * The lines between clusters, as bits/s from each rank's cluster to each other
 * one, that all connections between them share. Connections are measured one at
 * a time, which cannot tell a line of a site from a slow connection; where all of
 * them are much slower than those inside, and than their ranks' own uplinks, they
 * are taken to have that in common.
 */
export interface Trunks {
  readonly count: number
  /** Cluster of each rank. */
  readonly home: Int32Array
  /** bits/s, `from * count + to`; infinite where nothing is shared. */
  readonly bandwidths: Float64Array
}

/** Finds the {@link Trunks} between clusters. */
export function findTrunks(network: Network, clusters: readonly (readonly number[])[]): Trunks {
  const count = Math.max(1, clusters.length)
  const home = new Int32Array(network.size)
  for (const [index, cluster] of clusters.entries()) {
    for (const rank of cluster) home[rank] = index
  }
  const bandwidths = new Float64Array(count * count)
  for (let from = 0; from < network.size; from++) {
    for (let to = 0; to < network.size; to++) {
      if (from === to) continue
      const trunk = (home[from] ?? 0) * count + (home[to] ?? 0)
      const bandwidth = network.bandwidths[from * network.size + to] ?? 0
      bandwidths[trunk] = Math.max(bandwidths[trunk] ?? 0, bandwidth)
    }
  }
  const inside = Array.from({ length: count }, (_, index) => bandwidths[index * count + index] ?? 0)
  for (let from = 0; from < count; from++) {
    for (let to = 0; to < count; to++) {
      const trunk = from * count + to
      const faster = Math.max(inside[from] ?? 0, inside[to] ?? 0)
      const isShared = from !== to && (bandwidths[trunk] ?? 0) * TRUNK_GAP <= faster
      if (!isShared) bandwidths[trunk] = Number.POSITIVE_INFINITY
    }
  }
  return { count, home, bandwidths }
}

/** The links of least time that hold all ranks together. */
function spanningTree(network: Network): Edge[] {
  const { size } = network
  const nearest: Edge[] = Array.from({ length: size }, (_, to) => ({
    from: 0,
    to,
    ms: linkMs(network, 0, to)
  }))
  const open = new Set(nearest.keys())
  open.delete(0)
  const edges: Edge[] = []
  while (open.size > 0) {
    let next: Edge | undefined
    for (const rank of open) {
      const edge = nearest[rank]
      if (edge !== undefined && (next === undefined || edge.ms < next.ms)) next = edge
    }
    if (next === undefined) break
    edges.push(next)
    open.delete(next.to)
    for (const rank of open) {
      const ms = linkMs(network, next.to, rank)
      if (ms < (nearest[rank]?.ms ?? 0)) nearest[rank] = { from: next.to, to: rank, ms }
    }
  }
  return edges
}

/** ms of one segment between two ranks, in the worse direction. */
function linkMs({ size, delays, bandwidths }: Network, a: number, b: number): number {
  const [out, back] = [a * size + b, b * size + a]
  const delay = Math.max(delays[out] ?? 0, delays[back] ?? 0)
  const bandwidth = Math.min(bandwidths[out] ?? 1, bandwidths[back] ?? 1)
  return delay + (CLUSTER_PROBE_BYTES * 8e3) / bandwidth
}
