import type { PeerId } from '@daa-compute/interface'
import { describe, expect, it } from 'vitest'
import type { AllReduceResult, Run, RunInit } from '../src/index.ts'
import { decodeMessage } from '../src/round/wire/message-codec.ts'
import { sleep } from './group-of.ts'
import { createSwarm, linked, type Swarm } from './swarm.ts'
import { meanOf, sameBits, valuesOf } from './values.ts'

const LENGTH = 1_000
const CONTROL = '/daa/allreduce/control/test'

function callAll(runs: readonly Run[]): Promise<AllReduceResult[]> {
  return Promise.all(runs.map((run, rank) => run.allReduce(valuesOf(rank, LENGTH))))
}

async function begun(swarm: Swarm, options: Partial<RunInit> = {}): Promise<Run[]> {
  const runs = await swarm.joinAll({ minPeers: 2, ...options })
  await linked(runs)
  await callAll(runs)
  return runs
}

describe('a steady round', () => {
  it.each([2, 3, 4, 8])('of %i has no control message but one vote per pair', async (size) => {
    const swarm = createSwarm(size, { latencyMs: 1 })
    await swarm.net.run(async () => {
      const runs = await begun(swarm)
      const said = new Map<string, number>()
      swarm.net.onFrame(({ from, to, protocol, phase, frame }) => {
        if (phase !== 'sent' || protocol.startsWith('/daa/allreduce/data/')) return
        const type = protocol === CONTROL ? decodeMessage(frame).type : protocol
        const key = `${from} to ${to}: ${type}`
        said.set(key, (said.get(key) ?? 0) + 1)
      })
      const rounds = 5
      for (let round = 0; round < rounds; round++) await callAll(runs)
      await sleep(swarm.peers[0], 100)
      const expected = new Map<string, number>()
      for (const { id: from } of swarm.peers) {
        for (const { id: to } of swarm.peers) {
          if (from !== to) expected.set(`${from} to ${to}: vote`, rounds)
        }
      }
      expect(said).toEqual(expected)
    })
  })

  it('takes as long as its data and one vote take', async () => {
    const swarm = createSwarm(4, { latencyMs: 10 })
    await swarm.net.run(async () => {
      const runs = await begun(swarm, { algorithm: 'ring' })
      const startMs = swarm.net.clock.now()
      await callAll(runs)
      // six steps of the ring, and a vote
      expect(swarm.net.clock.now() - startMs).toBeLessThan(7 * 10 + 2)
    })
  })

  it('forms from scratch in a few round trips', async () => {
    const swarm = createSwarm(8, { latencyMs: 1 })
    await swarm.net.run(async () => {
      const runs = await swarm.joinAll({ minPeers: 8 })
      await linked(runs)
      const startMs = swarm.net.clock.now()
      await callAll(runs)
      expect(swarm.net.clock.now() - startMs).toBeLessThan(100)
    })
  })
})

describe('a link that is cut', () => {
  const pairs = [
    ['peer-00', 'peer-01'],
    ['peer-01', 'peer-02'],
    ['peer-04', 'peer-00']
  ] as const
  it.each(pairs)(
    'between %s and %s of five in a ring is avoided, and all five stay',
    async (a, b) => {
      const swarm = createSwarm(5, { stallTimeoutMs: 200, openTimeoutMs: 200 })
      await swarm.net.run(async () => {
        const runs = await begun(swarm, { algorithm: 'ring' })
        swarm.net.cut(a, b)
        swarm.net.cut(b, a)
        await sleep(swarm.peers[0], 2_000)
        for (let round = 0; round < 3; round++) {
          for (const { participants, values } of await callAll(runs)) {
            expect(participants).toHaveLength(5)
            expect(areNeighbours(participants, a, b)).toBe(false)
            expect(sameBits(values, meanOf(5, LENGTH))).toBe(true)
          }
        }
      })
    }
  )

  it('while values move costs another attempt, and nobody', async () => {
    const swarm = createSwarm(5, { bandwidth: 5e6, stallTimeoutMs: 200, openTimeoutMs: 200 })
    await swarm.net.run(async () => {
      const runs = await begun(swarm, { algorithm: 'ring' })
      const rounds = runs.map((run, rank) => run.allReduce(valuesOf(rank, 100_000)))
      await sleep(swarm.peers[0], 30)
      swarm.net.cut('peer-02', 'peer-03')
      swarm.net.cut('peer-03', 'peer-02')
      for (const { participants, values } of await Promise.all(rounds)) {
        expect(participants).toHaveLength(5)
        expect(areNeighbours(participants, 'peer-02', 'peer-03')).toBe(false)
        expect(sameBits(values, meanOf(5, 100_000))).toBe(true)
      }
    })
  })
})

function areNeighbours(ring: readonly PeerId[], a: string, b: string): boolean {
  const distance = Math.abs(ring.findIndex((id) => id === a) - ring.findIndex((id) => id === b))
  return distance === 1 || distance === ring.length - 1
}

describe('what a run explains', () => {
  it('names who has not asked, who has not joined, who is gone, and why', async () => {
    const swarm = createSwarm(4)
    await swarm.net.run(async () => {
      const runs = await swarm.joinAll({ minPeers: 4 })
      await linked(runs)
      expect(runs[0]?.explain()).toMatchObject({ state: 'idle', sequence: 0, awaited: {} })
      const first = runs.slice(0, 3).map((run, rank) => run.allReduce(valuesOf(rank, LENGTH)))
      await sleep(swarm.peers[0], 100)
      const forming = runs[0]?.explain()
      expect(forming?.state).toBe('forming')
      expect(forming?.awaited).toEqual({ 'peer-03': 'it has not asked for a round yet' })
      expect(forming?.summary).toMatch(/no group yet.*waiting for peer-03 \(it has not asked/)
      await Promise.all([...first, runs[3]!.allReduce(valuesOf(3, LENGTH))])

      const second = runs.slice(0, 2).map((run, rank) => run.allReduce(valuesOf(rank, LENGTH)))
      await sleep(swarm.peers[0], 400)
      const reducing = runs[0]?.explain()
      expect(reducing).toMatchObject({
        state: 'reducing',
        sequence: 1,
        attempt: 0,
        awaited: {
          'peer-02': 'it has not joined the round',
          'peer-03': 'it has not joined the round'
        }
      })
      expect(reducing?.members.toSorted()).toEqual(swarm.peers.map(({ id }) => id))
      expect(reducing?.summary).toMatch(/reducing round 1 .*a group of 4.*peer-02/)
      swarm.peers[3]?.crash()
      await sleep(swarm.peers[0], 20)
      const gone = runs[0]?.explain()
      expect(gone?.up).not.toContain('peer-03')
      expect(gone?.unreachable).toEqual({})
      Promise.allSettled(second).catch(() => undefined)
    })
  })

  it('names a peer that has fallen silent', async () => {
    const swarm = createSwarm(4, { bandwidth: 20e6 })
    await swarm.net.run(async () => {
      const runs = await begun(swarm, { algorithm: 'ring' })
      for (const [rank, run] of runs.entries()) {
        run.allReduce(valuesOf(rank, 100_000)).catch(() => undefined)
      }
      // it has given a sign of life by then
      await sleep(swarm.peers[0], 120)
      swarm.peers[3]?.freeze()
      await sleep(swarm.peers[0], 1_000)
      const waiting = runs.slice(0, 3).map((run) => run.explain())
      // whoever is next to it waits for it; the others for whom that holds up
      expect(waiting.some(({ awaited }) => 'peer-03' in awaited)).toBe(true)
      for (const { awaited, state } of waiting) {
        expect(state).toBe('reducing')
        expect(Object.keys(awaited).length).toBeGreaterThan(0)
      }
      await sleep(swarm.peers[0], 4_000)
      for (const run of runs.slice(0, 3)) expect(run.explain().members).not.toContain('peer-03')
    })
  })

  it('names peers that are known and cannot be reached', async () => {
    const swarm = createSwarm(3)
    await swarm.net.run(async () => {
      swarm.directory.join(swarm.peers[2]!)
      const two = swarm.peers.slice(0, 2)
      const runs = await Promise.all(two.map((peer) => swarm.join(peer, { minPeers: 2 })))
      await linked(runs)
      await sleep(swarm.peers[0], 1_000)
      const explained = runs[0]?.explain()
      expect(Object.keys(explained?.unreachable ?? {})).toEqual(['peer-02'])
      expect(explained?.unreachable['peer-02']).not.toBe('')
    })
  })
})
