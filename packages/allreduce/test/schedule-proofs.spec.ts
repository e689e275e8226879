import type { Algorithm, Collective } from '@daa-compute/interface'
import { describe, expect, it } from 'vitest'
import { ALGORITHMS } from '../src/schedule/algorithms.ts'
import { checkSchedule, type ScheduleReport } from '../src/schedule/check.ts'
import { createShape, type ShapeInit } from '../src/schedule/shape.ts'
import { treeSchedule } from '../src/schedule/tree.ts'
import { randomClusters, seeded } from './seeded.ts'

const names: readonly Algorithm[] = ['ring', 'tree', 'butterfly', 'hierarchical', 'direct']
const large = [65, 96, 127, 128, 129, 200, 255, 256, 257, 384, 511, 512]
const seed = 20_261_122

/** Proves a schedule; a failure says for what shape. */
function expectProved(
  name: Algorithm,
  shape: ShapeInit,
  collective: Exclude<Collective, 'barrier'> = 'allReduce'
): ScheduleReport {
  try {
    return checkSchedule(ALGORITHMS[name][collective], shape, collective)
  } catch (cause) {
    throw new Error(`${name} ${collective} of ${JSON.stringify(shape)}, seed ${seed}`, { cause })
  }
}

/** Consecutive clusters of about equal sizes. */
function evenClusters(size: number, count: number): number[][] {
  const clusters: number[][] = Array.from({ length: Math.min(size, count) }, () => [])
  for (let rank = 0; rank < size; rank++) {
    clusters[Math.floor((rank * clusters.length) / size)]?.push(rank)
  }
  return clusters
}

describe('all-reduce', () => {
  for (const name of names) {
    it(`${name} is proved for sizes 1 to 64 and any number of chunks`, () => {
      for (let size = 1; size <= 64; size++) {
        for (const chunks of [1, size - 1, size, size + 1, ALGORITHMS[name].chunks(size, [])]) {
          expectProved(name, { size, chunks })
        }
        if (size <= 6) {
          for (let chunks = 0; chunks <= 4 * size; chunks++) expectProved(name, { size, chunks })
        }
      }
    })
  }

  it('is proved for larger groups', () => {
    for (const [index, size] of large.entries()) {
      const clusters = evenClusters(size, 7)
      for (const name of names) expectProved(name, { size, chunks: 13, clusters })
      // with many chunks, where messages grow with the square of the size, one each
      const name = names[index % names.length] ?? 'ring'
      expectProved(name, { size, chunks: Math.min(size, 96), clusters })
    }
    expectProved('butterfly', { size: 300 })
  })

  it('hierarchical is proved for any clusters', () => {
    const draw = seeded(seed)
    for (let size = 1; size <= 64; size++) {
      const partitions = [
        evenClusters(size, 2),
        evenClusters(size, 3),
        evenClusters(size, size),
        [[size - 1], Array.from({ length: size - 1 }, (_, rank) => rank)].filter(
          (c) => c.length > 0
        ),
        randomClusters(draw, size),
        randomClusters(draw, size)
      ]
      for (const clusters of partitions) {
        const natural = ALGORITHMS.hierarchical.chunks(size, clusters)
        for (const chunks of [1, size + 1, natural]) {
          expectProved('hierarchical', { size, chunks, clusters })
        }
      }
    }
  })

  it('direct and ring are proved for any owners', () => {
    const draw = seeded(seed)
    for (let size = 1; size <= 64; size++) {
      for (const chunks of [1, size, 1 + draw(2 * size)]) {
        const owners = Array.from({ length: chunks }, () => draw(size))
        expectProved('direct', { size, owners })
        expectProved('ring', { size, owners })
      }
    }
  })
})

describe('other collectives', () => {
  it('the halves of the ring and of direct are proved', () => {
    for (let size = 1; size <= 64; size++) {
      for (const name of ['ring', 'direct'] as const) {
        for (const collective of ['reduceScatter', 'allGather'] as const) {
          const { finishers } = expectProved(name, { size }, collective)
          expect(finishers).toEqual(Array.from({ length: size }, (_, rank) => rank))
          expectProved(name, { size, chunks: 3 * size + 1 }, collective)
        }
      }
    }
  })

  it('broadcasts are proved from any root', () => {
    for (let size = 1; size <= 64; size++) {
      for (const root of new Set([0, 1 % size, Math.floor(size / 2), size - 1])) {
        for (const chunks of [1, 2, 7]) {
          expectProved('tree', { size, chunks, root }, 'broadcast')
          expectProved('direct', { size, chunks, root }, 'broadcast')
        }
      }
    }
    expectProved('tree', { size: 512, chunks: 9, root: 300 }, 'broadcast')
  })
})

describe('what the papers promise', () => {
  const log2 = (size: number): number => Math.floor(Math.log2(size))

  it('ring: 2 (n - 1) messages of an n-th each, one after another', () => {
    for (const size of [2, 3, 8, 13]) {
      const { sent, received, depth, hops } = expectProved('ring', { size })
      expect(new Set([...sent, ...received])).toEqual(new Set([2 * (size - 1)]))
      expect(depth).toBe(2 * (size - 1))
      expect(hops).toBe(size - 1)
    }
  })

  it('tree: logarithmic depth, and nobody is an inner node twice', () => {
    for (let size = 2; size <= 130; size++) {
      const shape = createShape({ size, chunks: 2 })
      const { depth, sent } = expectProved('tree', { size, chunks: 2 })
      expect(depth).toBeLessThanOrEqual(2 * log2(size))
      expect(Math.max(...sent)).toBeLessThanOrEqual(4)
      for (let rank = 0; rank < size; rank++) {
        const reduces = treeSchedule(rank, shape).filter(({ op }) => op === 'reduce')
        expect(new Set(reduces.map(({ chunk }) => chunk)).size).toBeLessThanOrEqual(1)
      }
    }
  })

  it('butterfly: 2 log₂ n rounds and the bytes of the ring, for powers of two', () => {
    for (const size of [2, 4, 16, 64]) {
      const { sent, depth, hops } = expectProved('butterfly', { size })
      expect(new Set(sent)).toEqual(new Set([2 * (size - 1)]))
      expect(depth).toBe(2 * log2(size))
      expect(hops).toBe(log2(size))
    }
  })

  it('butterfly: two rounds more for others, and at most half of the values more each way', () => {
    for (let size = 3; size <= 70; size++) {
      const nodes = 2 ** log2(size)
      if (nodes === size) continue
      const { sent, received, depth } = expectProved('butterfly', { size, chunks: nodes })
      expect(depth).toBe(2 * log2(size) + 2)
      const most = Math.max(...sent, ...received)
      expect(most).toBeLessThanOrEqual(2 * (nodes - 1) + nodes / 2)
    }
  })

  it('direct: two hops, and as much traffic as is owned', () => {
    const owners = [0, 0, 0, 1, 1, 4]
    const { sent, received, depth, hops } = expectProved('direct', { size: 5, owners })
    expect(depth).toBe(2)
    expect(hops).toBe(1)
    // of 6 chunks: 1 + (size - 2) × the share owned
    const owned = [3, 2, 0, 0, 1]
    expect(sent).toEqual(owned.map((count) => 6 + 3 * count))
    expect(received).toEqual(sent)
  })

  it('hierarchical: between two clusters the values cross once each way', () => {
    for (const sizes of [
      [4, 4],
      [5, 3],
      [1, 7]
    ]) {
      const [first = 0, second = 0] = sizes
      const size = first + second
      const clusters = [
        Array.from({ length: first }, (_, rank) => rank),
        Array.from({ length: second }, (_, rank) => first + rank)
      ]
      const chunks = ALGORITHMS.hierarchical.chunks(size, clusters)
      const { depth } = expectProved('hierarchical', { size, chunks, clusters })
      expect(depth).toBe(4)
      const shape = createShape({ size, chunks, clusters })
      const out = (clusters[0] ?? []).flatMap((rank) =>
        ALGORITHMS.hierarchical
          .allReduce(rank, shape)
          .filter((step) => step.op === 'send' && step.peer >= first)
      )
      expect(out.length).toBe(chunks)
    }
  })

  it('a broadcast from the tree is received once and sent twice at most', () => {
    for (let size = 2; size <= 64; size++) {
      const { sent, received, depth } = expectProved('tree', { size, chunks: 2 }, 'broadcast')
      expect(received).toEqual(received.map((_, rank) => (rank === 0 ? 0 : 2)))
      expect(Math.max(...sent)).toBeLessThanOrEqual(2)
      expect(depth).toBeLessThanOrEqual(log2(size) + 1)
    }
  })
})
