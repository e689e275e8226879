import { describe, expect, it } from 'vitest'
import type { AllReduceResult, Run } from '../src/index.ts'
import { sleep } from './group-of.ts'
import { createSwarm, linked, type Swarm } from './swarm.ts'
import { meanOf, sameBits, valuesOf } from './values.ts'

const LENGTH = 2_000

function callAll(runs: readonly Run[], length = LENGTH): Promise<AllReduceResult[]> {
  return Promise.all(runs.map((run, rank) => run.allReduce(valuesOf(rank, length))))
}

function expectRound(
  results: readonly AllReduceResult[],
  swarm: Swarm,
  ranks: readonly number[]
): void {
  const participants = ranks.map((rank) => swarm.peers[rank]?.id)
  for (const result of results) {
    expect(result.participants.toSorted()).toEqual(participants)
    expect(result.sequence).toBe(results[0]?.sequence)
    expect(result.attempt).toBe(results[0]?.attempt)
    if (ranks.every((rank, i) => rank === i)) {
      expect(sameBits(result.values, meanOf(ranks.length, LENGTH))).toBe(true)
    }
  }
}

describe('a peer that joins', () => {
  it.each([1, 2, 3])(
    'is admitted without stopping the round that goes on (seed %i)',
    async (seed) => {
      const swarm = createSwarm(4, { seed, bandwidth: 20e6 })
      await swarm.net.run(async () => {
        const three = swarm.peers.slice(0, 3)
        const runs = await Promise.all(three.map((peer) => swarm.join(peer, { minPeers: 2 })))
        await linked(runs)
        expectRound(await callAll(runs), swarm, [0, 1, 2])
        const going = callAll(runs)
        const late = await swarm.join(swarm.peers[3]!, { minPeers: 2 })
        const entered = late.allReduce(valuesOf(3, LENGTH), { enterLate: true })
        const results = await going
        expectRound(results, swarm, [0, 1, 2])
        // it cost the others no attempt
        expect(results[0]).toMatchObject({ sequence: 1, attempt: 0 })
        await linked([...runs, late])
        let latest = results
        for (let round = 0; round < 4 && latest[0]?.participants.length !== 4; round++) {
          latest = await callAll(runs)
          expect(latest[0]?.attempt).toBe(0)
        }
        expectRound([...latest, await entered], swarm, [0, 1, 2, 3])
        expect(latest[0]?.newcomers).toEqual([swarm.peers[3]?.id])
        expectRound(await callAll([...runs, late]), swarm, [0, 1, 2, 3])
      })
    }
  )

  it('in the middle is told that it is behind, and the others are not held up', async () => {
    const swarm = createSwarm(3)
    await swarm.net.run(async () => {
      const two = swarm.peers.slice(0, 2)
      const runs = await Promise.all(two.map((peer) => swarm.join(peer, { minPeers: 2 })))
      await linked(runs)
      await callAll(runs)
      const late = await swarm.join(swarm.peers[2]!, { minPeers: 2 })
      const startMs = swarm.net.clock.now()
      const mine = valuesOf(2, LENGTH)
      const refused = late.allReduce(mine).catch((error: unknown) => error)
      for (let round = 0; round < 3; round++) expectRound(await callAll(runs), swarm, [0, 1])
      expect(swarm.net.clock.now() - startMs).toBeLessThan(1_000)
      expect(await refused).toMatchObject({ code: 'BEHIND', detail: { ours: 0 } })
      expect(sameBits(mine, valuesOf(2, LENGTH))).toBe(true)
    })
  })

  it('before the first round counts is part of it, though others are in it already', async () => {
    const swarm = createSwarm(3, { latencyMs: 40 })
    await swarm.net.run(async () => {
      const runs = await swarm.joinAll({ minPeers: 2, patienceMs: 500 })
      await linked(runs)
      const going = runs.slice(0, 2).map((run, rank) => run.allReduce(valuesOf(rank, LENGTH)))
      await sleep(swarm.peers[0], 550)
      expect(runs[0]?.explain().members).toHaveLength(2)
      const third = runs[2]?.allReduce(valuesOf(2, LENGTH))
      expectRound(await Promise.all([...going, third!]), swarm, [0, 1, 2])
      expect((await going[0])?.sequence).toBe(0)
    })
  })
})

describe('a peer that leaves', () => {
  it.each([0, 1, 2, 3])('between rounds costs the others no attempt (peer %i)', async (leaver) => {
    const swarm = createSwarm(4)
    await swarm.net.run(async () => {
      const runs = await swarm.joinAll({ minPeers: 2 })
      await linked(runs)
      await callAll(runs)
      const startMs = swarm.net.clock.now()
      await runs[leaver]?.leave()
      expect(swarm.net.clock.now() - startMs).toBeLessThan(200)
      const rest = runs.filter((_, rank) => rank !== leaver)
      const results = await Promise.all(rest.map((run) => run.allReduce(valuesOf(1, LENGTH))))
      const [first] = results
      expect(first?.participants).toHaveLength(3)
      expect(first?.sequence).toBe(1)
      // the values moved once
      expect(first?.bytesSent).toBeLessThan(1.5 * 2 * (2 / 3) * 4 * LENGTH)
      expect(swarm.net.clock.now() - startMs).toBeLessThan(1_000)
    })
  })

  it('in a round is not waited for by those who go on', async () => {
    const swarm = createSwarm(4, { bandwidth: 5e6 })
    await swarm.net.run(async () => {
      const runs = await swarm.joinAll({ minPeers: 2 })
      await linked(runs)
      await callAll(runs)
      const startMs = swarm.net.clock.now()
      const all = runs.map((run, rank) =>
        run.allReduce(valuesOf(rank, 50_000)).catch((error: unknown) => error)
      )
      await sleep(swarm.peers[0], 20)
      await runs[3]?.leave()
      const outcomes = await Promise.all(all)
      expect(swarm.net.clock.now() - startMs).toBeLessThan(2_000)
      const [first] = outcomes as AllReduceResult[]
      for (const outcome of outcomes.slice(0, 3) as AllReduceResult[]) {
        expect(outcome.participants).toEqual(first?.participants)
        expect(sameBits(outcome.values, first?.values ?? new Float32Array())).toBe(true)
      }
    })
  })

  it('is nobody that the others wait for when all of them leave', async () => {
    const swarm = createSwarm(3)
    await swarm.net.run(async () => {
      const runs = await swarm.joinAll({ minPeers: 2 })
      await linked(runs)
      await callAll(runs)
      const startMs = swarm.net.clock.now()
      await Promise.all(runs.map((run) => run.leave()))
      expect(swarm.net.clock.now() - startMs).toBeLessThan(3_000)
      await expect(runs[0]?.allReduce(valuesOf(0, 1))).rejects.toMatchObject({ code: 'LEFT' })
    })
  })
})

describe('a round without enough peers', () => {
  it('is given up in the documented time, with the values as they were', async () => {
    const swarm = createSwarm(3)
    await swarm.net.run(async () => {
      const options = { minPeers: 4, formTimeoutMs: 7_000 }
      const runs = await swarm.joinAll(options)
      await linked(runs)
      const all = runs.map((_, rank) => valuesOf(rank, LENGTH))
      const startMs = swarm.net.clock.now()
      const outcomes = await Promise.allSettled(runs.map((run, rank) => run.allReduce(all[rank]!)))
      expect(swarm.net.clock.now() - startMs).toBeGreaterThanOrEqual(7_000)
      expect(swarm.net.clock.now() - startMs).toBeLessThan(8_000)
      for (const [rank, outcome] of outcomes.entries()) {
        const reason = { code: 'NOT_ENOUGH_PEERS', detail: { needed: 4 } }
        expect(outcome).toMatchObject({ status: 'rejected', reason })
        expect(sameBits(all[rank]!, valuesOf(rank, LENGTH))).toBe(true)
      }
    })
  })

  it('is formed when one more comes', async () => {
    const swarm = createSwarm(3)
    await swarm.net.run(async () => {
      const two = await Promise.all(
        swarm.peers.slice(0, 2).map((peer) => swarm.join(peer, { minPeers: 3 }))
      )
      await linked(two)
      const results = two.map((run, rank) => run.allReduce(valuesOf(rank, LENGTH)))
      await sleep(swarm.peers[0], 10_000)
      const third = await swarm.join(swarm.peers[2]!, { minPeers: 3 })
      const all = await Promise.all([...results, third.allReduce(valuesOf(2, LENGTH))])
      expectRound(all, swarm, [0, 1, 2])
    })
  })
})
