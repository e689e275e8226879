import type { Algorithm } from '@daa-compute/interface'
import { describe, expect, it } from 'vitest'
import { chooseAlgorithm, type ChoiceInit } from '../src/cost/choose.ts'
import { createNetwork } from '../src/cost/network.ts'
import { ALGORITHMS, chunkRanges, scheduleOf, shapeOf } from '../src/schedule/algorithms.ts'
import { checkSchedule } from '../src/schedule/check.ts'
import { seeded } from './seeded.ts'

type Request = ChoiceInit['request']

const KIB = 256
const MIB = 1024 * KIB

function request(length: number, given: Partial<Request> = {}): Request {
  const defaults = { dtype: 'float32', codec: 'float32', algorithm: 'auto' } as const
  return { collective: 'allReduce', ...defaults, length, ...given }
}

/** Two sites of a good local network with a slow line between. */
function twoSites(size: number, inFirst = size / 2): ChoiceInit['network'] {
  const near = (a: number, b: number): boolean => a < inFirst === b < inFirst
  return createNetwork({
    size,
    delayMs: (a, b) => (near(a, b) ? 0.5 : 40),
    bandwidth: (a, b) => (near(a, b) ? 1e9 : 5e7)
  })
}

describe('chooseAlgorithm', () => {
  it('takes few hops for little', () => {
    for (const size of [2, 4, 8, 16]) {
      const { algorithm, predictedMs } = chooseAlgorithm({ request: request(KIB), size })
      expect([
        'direct',
        'butterfly',
        'tree',
        'hierarchical',
        ...(size === 2 ? ['ring'] : [])
      ]).toContain(algorithm)
      expect(predictedMs).toBeLessThan(5)
    }
    expect(chooseAlgorithm({ request: request(KIB), size: 4 }).algorithm).toBe('direct')
  })

  it('takes the ring where bandwidth is all', () => {
    for (const size of [4, 8, 16]) {
      expect(chooseAlgorithm({ request: request(256 * MIB), size }).algorithm).toBe('ring')
    }
  })

  it('takes few hops again where delays are long', () => {
    const size = 16
    const network = createNetwork({ size, delayMs: () => 100 })
    expect(chooseAlgorithm({ request: request(4 * MIB), size, network }).algorithm).not.toBe('ring')
  })

  it('takes hierarchical where two sites share a slow line, however unequal', () => {
    for (const [size, inFirst] of [
      [8, 4],
      [8, 6],
      [16, 8]
    ] as const) {
      const network = twoSites(size, inFirst)
      for (const length of [MIB, 64 * MIB]) {
        const choice = chooseAlgorithm({ request: request(length), size, network })
        expect(choice.algorithm).toBe('hierarchical')
        expect(choice.clusters.map((cluster) => cluster.length)).toEqual([inFirst, size - inFirst])
      }
    }
  })

  it('goes by the clusters it is given', () => {
    const size = 8
    const clusters = [
      [0, 1, 2],
      [3, 4, 5, 6, 7]
    ]
    const choice = chooseAlgorithm({
      request: request(MIB, { algorithm: 'hierarchical' }),
      size,
      clusters
    })
    expect(choice.clusters).toBe(clusters)
  })

  it('lets a peer with a slow uplink own nothing', () => {
    const size = 8
    const isSlow = (rank: number): boolean => rank === 3
    const network = createNetwork({
      size,
      delayMs: () => 5,
      bandwidth: (a, b) => (isSlow(a) || isSlow(b) ? 2e7 : 5e8)
    })
    for (const length of [MIB, 64 * MIB]) {
      const { algorithm, shards } = chooseAlgorithm({ request: request(length), size, network })
      expect(algorithm).toBe('direct')
      expect(shards).toEqual([1000, 1000, 1000, 0, 1000, 1000, 1000, 1000])
    }
  })

  it('lets a peer with a slower uplink own less', () => {
    const uplinks = [1e9, 1e9, 7e8, 1e9]
    const network = createNetwork({ size: 4, delayMs: () => 1, uplink: (rank) => uplinks[rank] })
    const { shards, algorithm } = chooseAlgorithm({ request: request(16 * MIB), size: 4, network })
    expect(algorithm).toBe('direct')
    expect(shards[2]).toBeGreaterThan(0)
    expect(shards[2]).toBeLessThan((shards[0] ?? 0) / 2)
  })

  it('takes what the codec fits', () => {
    for (const codec of ['topk:0.01', 'delta:topk:0.01', 'threshold:1+zstd:1']) {
      const choice = chooseAlgorithm({ request: request(64 * MIB, { codec }), size: 8 })
      expect(choice.algorithm).toBe('direct')
      expect(choice.considered.every(({ algorithm }) => algorithm === 'direct')).toBe(true)
    }
    const ring = request(MIB, { codec: 'topk:0.01', algorithm: 'ring' })
    expect(() => chooseAlgorithm({ request: ring, size: 8 })).toThrow('use the algorithm direct')
  })

  it('encodes a contribution as few times as it can, where that costs nothing', () => {
    const choice = chooseAlgorithm({ request: request(MIB, { codec: 'int8' }), size: 2 })
    expect(choice.algorithm).toBe('direct')
  })

  it('arranges what it is told to use', () => {
    for (const algorithm of Object.keys(ALGORITHMS) as Algorithm[]) {
      for (const collective of ['allReduce', 'barrier', 'broadcast', 'allGather'] as const) {
        const length = collective === 'barrier' ? 1 : MIB
        const asked = request(length, { algorithm, collective })
        const choice = chooseAlgorithm({ request: asked, size: 6, network: twoSites(6) })
        expect(choice.algorithm).toBe(algorithm)
        expect(choice.clusters.length).toBe(
          algorithm === 'hierarchical' &&
            length > 0 &&
            (collective === 'allReduce' || collective === 'barrier')
            ? 2
            : 0
        )
      }
    }
  })

  it('always gives a plan that is proved, and says what it weighed', () => {
    const seed = 41
    const draw = seeded(seed)
    for (let round = 0; round < 150; round++) {
      const size = 1 + draw(24)
      const numbers = Array.from({ length: size * size }, () => 1 + draw(1000))
      const uneven = createNetwork({
        size,
        delayMs: (a, b) => (numbers[a * size + b] ?? 1) / 10,
        bandwidth: (a, b) => (numbers[b * size + a] ?? 1) * 1e6
      })
      const network = draw(3) === 0 && size > 3 ? twoSites(size, 2) : uneven
      const collective = (
        ['allReduce', 'allReduce', 'reduceScatter', 'allGather', 'broadcast', 'barrier'] as const
      )[draw(6)]
      if (collective === undefined) continue
      const length = collective === 'barrier' ? 1 : draw(4) ** 11
      const root = draw(size)
      const choice = chooseAlgorithm({
        request: request(length, { collective }),
        size,
        network,
        root
      })
      const plan = { ...choice, collective, length, root, members: { length: size } }
      const shape = shapeOf(plan)
      const what = `seed ${seed}, round ${round}: ${collective} by ${choice.algorithm} of ${size}`
      expect(
        () =>
          checkSchedule(
            scheduleOf(plan),
            shape,
            collective === 'barrier' ? 'allReduce' : collective
          ),
        what
      ).not.toThrow()
      expect(chunkRanges(plan, shape).at(-1)?.end, what).toBe(length)
      const least = Math.min(...choice.considered.map(({ predictedMs }) => predictedMs))
      expect(choice.predictedMs, what).toBeLessThanOrEqual(least * 1.02)
    }
  })

  it('is the same for everybody who knows the same', () => {
    const first = chooseAlgorithm({ request: request(MIB), size: 12, network: twoSites(12) })
    const second = chooseAlgorithm({ request: request(MIB), size: 12, network: twoSites(12) })
    expect(second).toEqual(first)
  })

  it('chooses for groups that are too large to simulate', () => {
    const size = 512
    expect(chooseAlgorithm({ request: request(KIB), size }).algorithm).not.toBe('ring')
    const large = chooseAlgorithm({ request: request(256 * MIB), size })
    expect(['ring', 'butterfly']).toContain(large.algorithm)
    const network = twoSites(size)
    const far = chooseAlgorithm({ request: request(64 * MIB), size, network })
    expect(far.algorithm).toBe('hierarchical')
    const one = createNetwork({ size, uplink: (rank) => (rank === 7 ? 1e7 : 1e9) })
    const spared = chooseAlgorithm({ request: request(64 * MIB), size, network: one })
    expect(spared.algorithm).toBe('direct')
    expect(spared.shards[7]).toBe(0)
    for (const collective of ['broadcast', 'allGather', 'barrier'] as const) {
      const length = collective === 'barrier' ? 1 : MIB
      expect(
        chooseAlgorithm({ request: request(length, { collective }), size }).predictedMs
      ).toBeGreaterThan(0)
    }
  })

  it('is alone with itself', () => {
    expect(chooseAlgorithm({ request: request(MIB), size: 1 }).predictedMs).toBeLessThan(5)
  })
})
