import type { Algorithm } from '@daa-compute/interface'
import { describe, expect, it } from 'vitest'
import { findClusters, findTrunks } from '../src/cost/clusters.ts'
import { estimate } from '../src/cost/estimate.ts'
import { Heap } from '../src/cost/heap.ts'
import { createNetwork, type Network, networkOf } from '../src/cost/network.ts'
import { balancedShards, singleShard } from '../src/cost/shards.ts'
import { simulate, type Workload } from '../src/cost/simulate.ts'
import type { TransportCost } from '../src/cost/transport-cost.ts'
import { type ValueCost, valueCost } from '../src/cost/value-cost.ts'
import { ALGORITHMS } from '../src/schedule/algorithms.ts'
import { partition } from '../src/schedule/partition.ts'
import { createShape } from '../src/schedule/shape.ts'
import { seeded } from './seeded.ts'

/** Nothing but delay and bandwidth. */
const wire: TransportCost = {
  frameMs: 0,
  frameOverhead: 0,
  sendMsPerByte: 0,
  receiveMsPerByte: 0,
  windowBytes: 2 ** 20,
  flowPenalty: 0
}
const raw: ValueCost = { bytes: 4, encodeMs: 0, decodeMs: 0, reduceMs: 0 }
/** Elements that take 1 ms at 1 Gbit/s. */
const perMs = 31_250
/** ms of each way in the networks here. */
const delay = 3

function homogeneous(size: number): Network {
  return createNetwork({ size, delayMs: () => delay, bandwidth: () => 1e9 })
}

function workload(
  name: Algorithm,
  size: number,
  length: number,
  given: { chunks?: number; segmentLength?: number; clusters?: readonly (readonly number[])[] } = {}
): Workload {
  const { clusters = [], segmentLength = length } = given
  const chunks = given.chunks ?? ALGORITHMS[name].chunks(size, clusters)
  const shape = createShape({ size, chunks, clusters })
  return {
    steps: (rank) => ALGORITHMS[name].allReduce(rank, shape),
    chunks: partition(length, chunks),
    segmentLength,
    value: raw
  }
}

describe('simulate', () => {
  it('a ring: 2 (n - 1) hops of delay and a chunk', () => {
    for (const size of [2, 3, 5, 16]) {
      const ms = simulate(homogeneous(size), workload('ring', size, size * perMs), wire)
      expect(ms).toBeCloseTo(2 * (size - 1) * (delay + 1), 9)
    }
  })

  it('direct: two hops, each of which fills a link with n - 1 chunks', () => {
    for (const size of [2, 3, 5, 16]) {
      const ms = simulate(homogeneous(size), workload('direct', size, size * perMs), wire)
      expect(ms).toBeCloseTo(2 * (delay + size - 1), 9)
    }
  })

  it('a butterfly: 2 log₂ n delays and as many bytes as the ring, some of them at once', () => {
    for (const size of [2, 4, 8, 16]) {
      const ms = simulate(homogeneous(size), workload('butterfly', size, size * perMs), wire)
      expect(ms).toBeGreaterThanOrEqual(2 * (size - 1) + delay)
      expect(ms).toBeGreaterThanOrEqual(2 * (Math.log2(size) * (delay + 1)))
      expect(ms).toBeLessThan(1.05 * 2 * (Math.log2(size) * delay + size - 1))
    }
  })

  it('a star: its center takes in and gives out everything', () => {
    for (const size of [2, 5, 9]) {
      const star = workload('direct', size, perMs, { chunks: 1 })
      expect(simulate(homogeneous(size), star, wire)).toBeCloseTo(2 * (delay + size - 1), 9)
    }
  })

  it('a tree: one delay per level for a single small chunk', () => {
    for (const size of [3, 7, 15]) {
      const ms = simulate(homogeneous(size), workload('tree', size, 1, { chunks: 1 }), wire)
      expect(ms).toBeCloseTo(2 * Math.floor(Math.log2(size)) * delay, 2)
    }
  })

  it('segments: the second hop starts as soon as the first segment is there', () => {
    const pipelined = workload('ring', 2, 20 * perMs, { segmentLength: perMs })
    // 10 ms of chunk each way; the first segment is back on its way after 4
    const ms = simulate(homogeneous(2), pipelined, wire)
    expect(ms).toBeCloseTo(Math.max(10, delay + 1) + 10 + delay, 9)
  })

  it('hierarchical: the line between two clusters carries the values once each way', () => {
    const near = (a: number, b: number): boolean => a < 4 === b < 4
    const network = createNetwork({
      size: 8,
      delayMs: (a, b) => (near(a, b) ? 0.1 : 20),
      bandwidth: (a, b) => (near(a, b) ? 1e12 : 1e9)
    })
    const clusters = findClusters(network)
    const trunks = findTrunks(network, clusters)
    const length = 800 * perMs
    const work = { ...workload('hierarchical', 8, length, { clusters }), trunks }
    const ms = simulate(network, work, wire)
    expect(ms).toBeGreaterThan(800 + 20)
    expect(ms).toBeLessThan(1.1 * 840)
    const direct = { ...workload('direct', 8, length), trunks }
    // 16 pairs exchange an eighth, twice
    expect(simulate(network, direct, wire)).toBeGreaterThan(4 * 800)
  })

  it('a slow uplink is shared by all connections', () => {
    const uplink = (rank: number): number => (rank === 2 ? 1e8 : 1e9)
    const network = createNetwork({ size: 5, delayMs: () => delay, bandwidth: () => 1e9, uplink })
    const ms = simulate(network, workload('direct', 5, 5 * perMs), wire)
    // 4 chunks to their owners and its own to 4 ranks, 10 ms each, without a break
    expect(ms).toBeCloseTo(40 + 40 + delay, 9)
  })

  it('counts processors: frames, bytes and elements', () => {
    const costs: TransportCost = { ...wire, frameMs: 2 }
    const one = workload('direct', 2, 1, { chunks: 1 })
    const plain = simulate(homogeneous(2), one, wire)
    // there and back, each time at both ends
    expect(simulate(homogeneous(2), one, costs) - plain).toBeCloseTo(8, 9)
    const value = { ...raw, encodeMs: 1, decodeMs: 10, reduceMs: 100 }
    // encoded, decoded, added; scaled, encoded, decoded; decoded
    const coded = simulate(homogeneous(2), { ...one, value }, wire)
    expect(coded - plain).toBeCloseTo(1 + 10 + 100 + 100 + 1 + 10 + 10, 9)
  })

  it('takes no time for nothing', () => {
    expect(simulate(homogeneous(6), workload('ring', 6, 0), wire)).toBe(0)
    expect(simulate(homogeneous(1), workload('tree', 1, 100), wire)).toBe(0)
  })

  it('is the same every time', () => {
    const draw = seeded(7)
    const delays = Array.from({ length: 144 }, () => 1 + draw(50))
    const network = createNetwork({ size: 12, delayMs: (a, b) => delays[a * 12 + b] })
    const times = Array.from({ length: 3 }, () => simulate(network, workload('tree', 12, 5e5)))
    expect(new Set(times).size).toBe(1)
  })
})

describe('orders algorithms as the textbook does', () => {
  const log2 = (size: number): number => Math.log2(size)
  /** Delays in a row, and times that the values cross the busiest link. */
  const textbook: Readonly<Partial<Record<Algorithm, (size: number) => [number, number]>>> = {
    ring: (n) => [2 * (n - 1), (2 * (n - 1)) / n],
    butterfly: (n) => [2 * log2(n), (2 * (n - 1)) / n],
    direct: (n) => [2, (2 * (n - 1)) / n]
  }
  for (const size of [4, 8, 16, 32]) {
    it(`with ${size} ranks`, () => {
      for (const length of [1e3, 1e4, 1e5, 1e6, 1e7]) {
        const times = Object.entries(textbook).map(([name, form]) => {
          const [delays, crossings] = form(size)
          const byHand = delays * delay + (crossings * length) / perMs
          const work = workload(name as Algorithm, size, length)
          return { byHand, simulated: simulate(homogeneous(size), work, wire) }
        })
        for (const a of times) {
          expect(a.simulated / a.byHand).toBeGreaterThan(0.8)
          expect(a.simulated / a.byHand).toBeLessThan(1.3)
          for (const b of times) {
            if (a.byHand < b.byHand / 1.3) expect(a.simulated).toBeLessThan(b.simulated)
          }
        }
      }
    })
  }
})

describe('estimate', () => {
  it('agrees with the simulation where both are possible', () => {
    for (const size of [8, 11, 16, 32]) {
      const network = homogeneous(size)
      const all = Array.from({ length: size }, (_, rank) => rank)
      const clusters = [all.slice(0, size / 2), all.slice(size / 2)]
      for (const name of Object.keys(ALGORITHMS) as Algorithm[]) {
        for (const length of [1e4, 1e6, 3e7]) {
          const segmentLength = 65_536
          const chunks = ALGORITHMS[name].chunks(size, clusters)
          const work = workload(name, size, length, { segmentLength, clusters, chunks })
          const trunks = findTrunks(network, clusters)
          const shares = all.map(() => 1 / size)
          const known = { network, transport: wire, value: raw, length, segmentLength, chunks }
          const guess = estimate(name, { ...known, clusters, trunks, shares })
          const ratio = guess / simulate(network, work, wire)
          expect(ratio, `${name} of ${size}, ${length} elements`).toBeGreaterThan(0.6)
          expect(ratio, `${name} of ${size}, ${length} elements`).toBeLessThan(1.6)
        }
      }
    }
  })
})

describe('networks', () => {
  it('fill in what is not known, or cannot be', () => {
    const network = createNetwork({
      size: 3,
      delayMs: (a, b) => (a === 0 && b === 1 ? 7 : Number.NaN),
      bandwidth: (a) => (a === 2 ? 5e6 : -1)
    })
    expect([...network.delays]).toEqual([0, 7, 1, 7, 0, 1, 1, 1, 0])
    expect([...network.bandwidths]).toEqual([0, 1e9, 5e6, 1e9, 0, 5e6, 5e6, 5e6, 0])
    expect([...network.uplinks]).toEqual([1e9, 1e9, 5e6])
    expect(createNetwork({ size: 1 }).uplinks[0]).toBe(1e9)
  })

  it('are read from a placement, by peer', () => {
    const network = networkOf(['b', 'a'] as never, {
      delayMs: (from) => (from === ('a' as never) ? 4 : undefined),
      bandwidth: () => undefined,
      order: (members) => members,
      clusters: (members) => [members]
    })
    expect([...network.delays]).toEqual([0, 4, 4, 0])
    expect(networkOf(['b', 'a'] as never).delays[1]).toBe(1)
  })

  it('fall into clusters where there is a gap between near and far, and only there', () => {
    const site = (rank: number): number => rank % 3
    const far = createNetwork({ size: 9, delayMs: (a, b) => (site(a) === site(b) ? 1 : 30) })
    expect(findClusters(far)).toEqual([
      [0, 3, 6],
      [1, 4, 7],
      [2, 5, 8]
    ])
    expect(findClusters(createNetwork({ size: 9 }))).toEqual([])
    expect(findClusters(createNetwork({ size: 1 }))).toEqual([])
    const gradual = createNetwork({ size: 9, delayMs: (a, b) => 10 + Math.abs(a - b) })
    expect(findClusters(gradual)).toEqual([])
  })

  it('share a line between clusters only where connections are slower than inside', () => {
    const site = (rank: number): number => (rank < 2 ? 0 : 1)
    const clusters = [
      [0, 1],
      [2, 3]
    ]
    const slow = createNetwork({ size: 4, bandwidth: (a, b) => (site(a) === site(b) ? 1e9 : 1e8) })
    expect([...findTrunks(slow, clusters).bandwidths]).toEqual([Infinity, 1e8, 1e8, Infinity])
    const even = createNetwork({ size: 4 })
    expect(findTrunks(even, clusters).bandwidths.every((b) => b === Infinity)).toBe(true)
  })
})

describe('shards', () => {
  it('are equal among equals', () => {
    expect(balancedShards(createNetwork({ size: 5 }))).toEqual([1000, 1000, 1000, 1000, 1000])
    expect(balancedShards(createNetwork({ size: 2, uplink: (r) => 1e6 * (r + 1) }))).toEqual([1, 1])
  })

  it('keep all uplinks busy for the same time, and give slow ones nothing', () => {
    const uplinks = [10e6, 8e6, 6e6, 1e6, 9e6]
    const shards = balancedShards(createNetwork({ size: 5, uplink: (rank) => uplinks[rank] }))
    expect(shards[3]).toBe(0)
    const total = shards.reduce((sum, shard) => sum + shard, 0)
    const times = shards.map(
      (shard, rank) => (1 + (3 * shard) / total) / ((uplinks[rank] ?? 1) / 1e6)
    )
    const busy = times.filter((_, rank) => rank !== 3)
    expect(Math.max(...busy) / Math.min(...busy)).toBeLessThan(1.01)
  })

  it('are no worse than equal ones, in the model, whatever the uplinks', () => {
    for (let seed = 1; seed <= 20; seed++) {
      const draw = seeded(seed)
      const uplinks = Array.from({ length: 6 }, () => (1 + draw(100)) * 1e7)
      const network = createNetwork({ size: 6, uplink: (rank) => uplinks[rank] })
      const busiest = (shares: readonly number[]): number => {
        const total = shares.reduce((sum, share) => sum + share, 0)
        return Math.max(...shares.map((share, r) => (1 + (4 * share) / total) / (uplinks[r] ?? 1)))
      }
      const even = busiest(uplinks.map(() => 1))
      expect(busiest(balancedShards(network)), `seed ${seed}`).toBeLessThanOrEqual(even * 1.001)
    }
  })

  it('of one owner are at the rank that is nearest to its farthest', () => {
    const place = [0, 40, 50, 60, 100]
    const network = createNetwork({
      size: 5,
      delayMs: (a, b) => 1 + Math.abs((place[a] ?? 0) - (place[b] ?? 0))
    })
    expect(singleShard(network, 1000)).toEqual([0, 0, 1, 0, 0])
  })
})

describe('values', () => {
  it('cost what their types and codecs take', () => {
    expect(valueCost('float32', 'float32')).toMatchObject({ bytes: 4, encodeMs: 0 })
    expect(valueCost('float64', 'float32')).toMatchObject({ bytes: 8 })
    expect(valueCost('bfloat16', 'float32')).toMatchObject({ bytes: 2 })
    expect(valueCost('float32', 'int8+zstd:1').bytes).toBeCloseTo(1.016, 3)
    expect(valueCost('float32', 'int4').bytes).toBeCloseTo(0.516, 3)
    expect(valueCost('float32', 'topk:0.01').bytes).toBeCloseTo(0.08, 9)
    expect(valueCost('float32', 'topk:nonsense').bytes).toBe(4)
    expect(valueCost('float32', 'unheard-of')).toMatchObject({ bytes: 4 })
    expect(valueCost('float32', 'int8').encodeMs).toBeGreaterThan(0)
  })
})

describe('Heap', () => {
  it('gives out what is least, and of equals the smaller item', () => {
    for (let seed = 1; seed <= 50; seed++) {
      const draw = seeded(seed)
      const heap = new Heap()
      const entries = Array.from({ length: draw(60) }, (_, item) => ({ item, key: draw(10) }))
      for (const { item, key } of entries) heap.push(key, item)
      const expected = entries.toSorted((a, b) => a.key - b.key || a.item - b.item)
      expect(
        expected.map(() => heap.pop()),
        `seed ${seed}`
      ).toEqual(expected.map(({ item }) => item))
      expect(heap.pop()).toBe(-1)
    }
  })
})
