import { coarseCodec } from '@daa-compute/testing/coarse-codec'
import { describe, expect, it } from 'vitest'
import type { Run, RunEvents } from '../src/index.ts'
import { createSwarm, linked } from './swarm.ts'
import { meanOf, noiseOf, sameBits, valuesOf } from './values.ts'

const SIZES = Array.from({ length: 33 }, (_, i) => i + 1)

describe('a round of the ring', () => {
  it.each(SIZES)('gives %i peers the exact mean, for every awkward length', async (size) => {
    const swarm = createSwarm(size, { seed: size })
    await swarm.net.run(async () => {
      const runs = await swarm.joinAll()
      const lengths = [0, 1, size - 1, size, 1000, 100_003]
      for (const [sequence, length] of lengths.entries()) {
        const all = runs.map((_, rank) => valuesOf(rank, length))
        const results = await Promise.all(runs.map((run, rank) => run.allReduce(all[rank]!)))
        const expected = meanOf(size, length)
        for (const [rank, result] of results.entries()) {
          expect(result.values).toBe(all[rank])
          expect(sameBits(result.values, expected)).toBe(true)
          expect(result.sequence).toBe(sequence)
          expect(result.attempt).toBe(0)
          expect(result.participants).toEqual(swarm.peers.map((peer) => peer.id))
        }
      }
      await Promise.all(runs.map((run) => run.leave()))
    })
  })

  it('weights the values', async () => {
    const swarm = createSwarm(3)
    await swarm.net.run(async () => {
      const runs = await swarm.joinAll()
      const results = await Promise.all(
        runs.map((run, rank) =>
          run.allReduce(new Float32Array(10).fill(rank + 1), { weight: rank + 1 })
        )
      )
      for (const { values } of results) {
        expect(sameBits(values, results[0]!.values)).toBe(true)
        expect(values[0]).toBeCloseTo((1 + 4 + 9) / 6, 6)
      }
    })
  })

  it.each([1, 2, 3, 5, 8])('gives %i peers the same bits through a lossy codec', async (size) => {
    const swarm = createSwarm(size, { seed: size })
    await swarm.net.run(async () => {
      const runs = await swarm.joinAll({ codec: coarseCodec })
      const all = swarm.peers.map((peer) => noiseOf(peer.random, 70_000 * size + 3))
      const mean = all[0]!.map((_, i) => all.reduce((sum, v) => sum + v[i]!, 0) / size)
      const results = await Promise.all(runs.map((run, rank) => run.allReduce(all[rank]!)))
      for (const { values } of results) expect(sameBits(values, results[0]!.values)).toBe(true)
      const error = results[0]!.values.reduce((m, v, i) => Math.max(m, Math.abs(v - mean[i]!)), 0)
      // half a step of the mean, and half a step of the partial sum per hop, averaged
      expect(error).toBeLessThan(((size + 1) / 2) * (0.5 / 127))
      expect(results[0]!.bytesSent).toBeLessThan((70_000 * size * 2 * 1.01 * (size - 1)) / size + 1)
    })
  })

  it('counts the bytes that the schedule says', async () => {
    const swarm = createSwarm(4)
    await swarm.net.run(async () => {
      const runs = await swarm.joinAll()
      const results = await Promise.all(
        runs.map((run, rank) => run.allReduce(valuesOf(rank, 400_000)))
      )
      // 100,000 values per chunk, in segments of at least 16,384
      const frames = 2 * 3 * Math.ceil(100_000 / 16_384)
      for (const { bytesSent, bytesReceived } of results) {
        expect(bytesSent).toBe(2 * 3 * 400_000 + frames * 32)
        expect(bytesReceived).toBe(bytesSent)
      }
    })
  })

  it('reduces calls that queue up as successive rounds', async () => {
    const swarm = createSwarm(2)
    await swarm.net.run(async () => {
      const runs = await swarm.joinAll()
      const results = await Promise.all(
        [0, 1, 2].flatMap((round) =>
          runs.map((run, rank) => run.allReduce(new Float32Array([round + rank])))
        )
      )
      expect(results.map(({ sequence }) => sequence)).toEqual([0, 0, 1, 1, 2, 2])
      expect(results.map(({ values }) => values[0])).toEqual([0.5, 0.5, 1.5, 1.5, 2.5, 2.5])
    })
  })

  it('tells of which round a configuration is that is new', async () => {
    const swarm = createSwarm(3)
    await swarm.net.run(async () => {
      const runs = await swarm.joinAll({ algorithm: 'ring', minPeers: 2 })
      const [first, second, third] = runs as [Run, Run, Run]
      const told: RunEvents['configuration'][] = []
      first.on('configuration', (event) => told.push(event))
      await linked(runs)
      await Promise.all(runs.map((run, rank) => run.allReduce(valuesOf(rank, 10))))
      const leaving = third.leave()
      await Promise.all([first, second].map((run, rank) => run.allReduce(valuesOf(rank, 10))))
      await leaving
      const { sequence, attempt } = first.explain()
      expect(told.map(({ members }) => members.length)).toEqual([3, 2])
      expect(told[0]).toMatchObject({ sequence: 0, attempt: 0 })
      expect(told[1]!.lineage).toBe(told[0]!.lineage)
      // left out of round 1, by its second attempt, or of the one after it
      expect(told[1]!.sequence * 100 + told[1]!.attempt).toBeGreaterThan(100)
      expect(told[1]!.sequence * 100 + told[1]!.attempt).toBeLessThanOrEqual(
        sequence * 100 + attempt
      )
    })
  })

  it('works on views and on shared memory', async () => {
    const swarm = createSwarm(2)
    await swarm.net.run(async () => {
      const runs = await swarm.joinAll()
      const view = new Float32Array(new ArrayBuffer(44), 4, 9).fill(1)
      const plain = new Float32Array(9).fill(3)
      await Promise.all([runs[0]!.allReduce(view), runs[1]!.allReduce(plain)])
      expect([...view]).toEqual([...plain])
      expect(new Float32Array(view.buffer)[0]).toBe(0)
    })
  })
})
