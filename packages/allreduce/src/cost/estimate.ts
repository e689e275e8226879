import { largestPowerOfTwo } from '../schedule/butterfly.ts'
import { treeParent } from '../schedule/tree.ts'
import { MAX_FLOW_PENALTY } from './constants.ts'
import type { Trunks } from './clusters.ts'
import type { Network } from './network.ts'
import type { TransportCost } from './transport-cost.ts'
import type { ValueCost } from './value-cost.ts'
import type { Algorithm } from '@daa-compute/interface'

/** What {@link estimate} has to know. */
export interface EstimateInit {
  readonly network: Network
  readonly transport: TransportCost
  readonly value: ValueCost
  readonly length: number
  readonly segmentLength: number
  /** Chunks that the values are cut into. */
  readonly chunks: number
  readonly clusters: readonly (readonly number[])[]
  /** Part of the values that each rank owns, for `direct`. */
  readonly shares: readonly number[]
  readonly trunks: Trunks
}

/**
 * ms of an all-reduce by closed forms, for groups too large to simulate: the
 * delay of the longest chain of messages and of one segment on each of its links,
 * and the time for which the busiest rank or connection is busy with its part of
 * the values. The textbook formulas (Thakur, Rabenseifner and Gropp,
 * "Optimization of collective communication operations in MPICH", 2005) with the
 * worst link in the place of the only one.
 */
export function estimate(algorithm: Algorithm, init: EstimateInit): number {
  const model = new Model(init)
  const ms = model[algorithm]()
  return Math.max(ms, model.trunksMs())
}

class Model implements Record<Algorithm, () => number> {
  readonly #init: EstimateInit
  readonly #size: number
  /** Bytes on the wire of all values, and of one segment. */
  readonly #bytes: number
  readonly #segmentBytes: number
  /** ms of processor time per byte that is sent and per byte that is received. */
  readonly #processorMs: number
  /** Part of the values that crosses from each cluster to each other one. */
  readonly #crossing: Float64Array

  constructor(init: EstimateInit) {
    const { transport, value, length, segmentLength, chunks, network } = init
    this.#init = init
    this.#size = network.size
    this.#crossing = new Float64Array(init.trunks.bandwidths.length)
    const segment = Math.min(segmentLength, Math.ceil(length / chunks))
    const overhead = transport.frameOverhead / Math.max(1, segment)
    this.#bytes = length * (value.bytes + overhead)
    this.#segmentBytes = segment * (value.bytes + overhead)
    const perElement = value.decodeMs + (value.reduceMs + value.encodeMs) / 2
    const perFrame = (2 * transport.frameMs) / Math.max(1, segment)
    this.#processorMs =
      transport.sendMsPerByte +
      transport.receiveMsPerByte +
      (perElement + perFrame) / (value.bytes + overhead)
  }

  ring(): number {
    const size = this.#size
    let latency = 0
    let farthest = 0
    let busy = 0
    const part = (2 * (size - 1)) / size
    for (let rank = 0; rank < size; rank++) {
      const next = (rank + 1) % size
      if (next === rank) return 0
      const hop = this.#hop(rank, next)
      latency += hop * part
      farthest = Math.max(farthest, hop)
      this.#cross(rank, next, part)
      busy = Math.max(
        busy,
        this.#load(rank, part, 1),
        part * this.#bytes * this.#linkMs(rank, next)
      )
    }
    // a rank sends while what it sends next is on its way
    return Math.max(latency, busy) + farthest
  }

  tree(): number {
    const size = this.#size
    let latency = 0
    let busy = 0
    for (let rank = 0; rank < size; rank++) {
      let way = 0
      for (let at = rank, up = treeParent(at, size); up !== undefined; up = treeParent(at, size)) {
        if (at === rank) {
          // the second tree is about as far spread as the first
          this.#cross(at, up, 1)
          this.#cross(up, at, 1)
        }
        way += this.#hop(at, up) + this.#hop(up, at)
        busy = Math.max(busy, (this.#bytes / 2) * this.#linkMs(at, up))
        at = up
      }
      latency = Math.max(latency, way)
      busy = Math.max(busy, this.#load(rank, size > 1 ? 2 : 0, 4))
    }
    return latency + busy
  }

  butterfly(): number {
    const size = this.#size
    const nodes = largestPowerOfTwo(size)
    const pairs = size - nodes
    const rankOf = (node: number): number => (node < pairs ? 2 * node : node + pairs)
    let time = 0
    const exchange = (a: number, b: number, part: number): number => {
      this.#cross(a, b, 2 * part)
      return this.#exchange(a, b, part)
    }
    for (let distance = nodes / 2; distance >= 1; distance /= 2) {
      const part = distance / nodes
      let round = 0
      for (let node = 0; node < nodes; node++) {
        round = Math.max(round, exchange(rankOf(node), rankOf(node ^ distance), part))
      }
      time += 2 * round
    }
    let fold = 0
    for (let pair = 0; pair < pairs; pair++) {
      this.#cross(2 * pair + 1, 2 * pair, 1)
      fold = Math.max(fold, exchange(2 * pair, 2 * pair + 1, 1 / 2))
    }
    return time + 2 * fold
  }

  direct(): number {
    const size = this.#size
    const { shares } = this.#init
    const owners = shares.filter((share) => share > 0).length
    let latency = 0
    let busy = 0
    for (let owner = 0; owner < size; owner++) {
      const share = shares[owner] ?? 0
      const flows = share > 0 ? size - 1 : owners
      const part = size > 1 ? 1 + (size - 2) * share : 0
      busy = Math.max(busy, this.#load(owner, part, flows))
      if (share === 0) continue
      let [to, from] = [0, 0]
      for (let rank = 0; rank < size; rank++) {
        if (rank === owner) continue
        this.#cross(rank, owner, share)
        this.#cross(owner, rank, share)
        to = Math.max(to, this.#hop(rank, owner))
        from = Math.max(from, this.#hop(owner, rank))
        busy = Math.max(busy, share * this.#bytes * this.#linkMs(owner, rank))
        busy = Math.max(busy, share * this.#bytes * this.#linkMs(rank, owner))
      }
      latency = Math.max(latency, to + from)
    }
    return latency + busy
  }

  hierarchical(): number {
    const { clusters, trunks } = this.#init
    const { home } = trunks
    const count = clusters.length
    for (let trunk = 0; trunk < count * count; trunk++) this.#crossing[trunk] = 2 / count
    let [inside, outside, busy] = [0, 0, 0]
    for (let rank = 0; rank < this.#size; rank++) {
      const members = clusters[home[rank] ?? 0]?.length ?? 1
      const within = (2 * (members - 1)) / members
      const between = (2 * (count - 1)) / (count * members)
      busy = Math.max(busy, this.#load(rank, within + between, members - 1 + count - 1))
      for (let peer = 0; peer < this.#size; peer++) {
        if (peer === rank) continue
        if (home[peer] === home[rank]) {
          inside = Math.max(inside, this.#hop(rank, peer))
          continue
        }
        outside = Math.max(outside, this.#hop(rank, peer))
        busy = Math.max(busy, ((between * this.#bytes) / (2 * count)) * this.#linkMs(rank, peer))
      }
    }
    return 2 * inside + 2 * outside + busy
  }

  /** ms for which the busiest line between clusters is busy. */
  trunksMs(): number {
    const { bandwidths } = this.#init.trunks
    return this.#crossing.reduce(
      (most, part, trunk) => Math.max(most, (part * this.#bytes * 8e3) / (bandwidths[trunk] ?? 1)),
      0
    )
  }

  /** Counts what crosses between clusters. */
  #cross(from: number, to: number, part: number): void {
    const { home, count } = this.#init.trunks
    const trunk = (home[from] ?? 0) * count + (home[to] ?? 0)
    this.#crossing[trunk] = (this.#crossing[trunk] ?? 0) + part
  }

  /** ms for which a rank is busy with this part of the values going out and coming in. */
  #load(rank: number, part: number, flows: number): number {
    const { network, transport } = this.#init
    const shared = Math.max(
      8e3 / (network.uplinks[rank] ?? 1),
      8e3 / (network.downlinks[rank] ?? 1)
    )
    const penalty = Math.min(MAX_FLOW_PENALTY, Math.max(0, flows - 1) * transport.flowPenalty)
    return part * this.#bytes * Math.max(shared * (1 + penalty), this.#processorMs)
  }

  /** ms until a segment is at the other end. */
  #hop(from: number, to: number): number {
    const { network, transport } = this.#init
    const delay = network.delays[from * this.#size + to] ?? 0
    return delay + 2 * transport.frameMs + this.#segmentBytes * this.#linkMs(from, to)
  }

  /** ms in which two ranks give each other this part of the values. */
  #exchange(a: number, b: number, part: number): number {
    const { network, transport } = this.#init
    const delay = Math.max(
      network.delays[a * this.#size + b] ?? 0,
      network.delays[b * this.#size + a] ?? 0
    )
    const link = part * this.#bytes * Math.max(this.#linkMs(a, b), this.#linkMs(b, a))
    const busy = Math.max(link, this.#load(a, part, 1), this.#load(b, part, 1))
    return delay + 2 * transport.frameMs + busy
  }

  /** ms per byte of a connection. */
  #linkMs(from: number, to: number): number {
    return 8e3 / (this.#init.network.bandwidths[from * this.#size + to] ?? 1)
  }
}
