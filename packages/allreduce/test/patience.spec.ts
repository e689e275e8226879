import { describe, expect, it } from 'vitest'
import type { AllReduceResult, Run, RunInit } from '../src/index.ts'
import { sleep } from './group-of.ts'
import { createSwarm, linked, type Swarm } from './swarm.ts'
import { valuesOf } from './values.ts'

const LENGTH = 1_000

function callAll(runs: readonly Run[]): Promise<AllReduceResult[]> {
  return Promise.all(runs.map((run, rank) => run.allReduce(valuesOf(rank, LENGTH))))
}

/** Rounds at an interval: everybody computes for that long before each. */
async function steady(
  swarm: Swarm,
  runs: readonly Run[],
  ms: number,
  rounds: number
): Promise<void> {
  for (let round = 0; round < rounds; round++) {
    await sleep(swarm.peers[0], ms)
    for (const { participants } of await callAll(runs))
      expect(participants).toHaveLength(runs.length)
  }
}

async function begun(swarm: Swarm, options: Partial<RunInit> = {}): Promise<Run[]> {
  const runs = await swarm.joinAll({ minPeers: 2, ...options })
  await linked(runs)
  return runs
}

describe('the patience of a run', () => {
  it('omits nobody for computing 30 s where rounds come every 30 s', async () => {
    const swarm = createSwarm(4)
    await swarm.net.run(async () => {
      const runs = await begun(swarm)
      await steady(swarm, runs, 30_000, 5)
      const startMs = swarm.net.clock.now()
      const three = runs.slice(0, 3).map((run, rank) => run.allReduce(valuesOf(rank, LENGTH)))
      // and 30 s more than the others
      await sleep(swarm.peers[3], 30_000)
      const results = await Promise.all([...three, runs[3]!.allReduce(valuesOf(3, LENGTH))])
      for (const { participants, attempt } of results) {
        expect(participants).toHaveLength(4)
        expect(attempt).toBe(0)
      }
      expect(swarm.net.clock.now() - startMs).toBeLessThan(31_000)
    })
  })

  it('begins for newcomers when they are let in, however long they have waited for that', async () => {
    const swarm = createSwarm(5)
    await swarm.net.run(async () => {
      const runs = await begun(swarm, { patienceMs: 10_000 })
      const members = runs.slice(0, 3)
      await callAll(members)
      const newcomers = runs
        .slice(3)
        .map((run, i) => run.allReduce(valuesOf(3 + i, LENGTH), { enterLate: true }))
      await sleep(swarm.peers[0], 15_000)
      for (const { participants } of await callAll(members)) expect(participants).toHaveLength(3)
      await sleep(swarm.peers[0], 8_000)
      const results = await Promise.all([callAll(members), Promise.all(newcomers)])
      for (const { participants, attempt } of results.flat()) {
        expect(participants).toHaveLength(5)
        expect(attempt).toBe(0)
      }
    })
  })

  it('has a peer that freezes between rounds cost 5 s at most where they come every second', async () => {
    for (const seed of [1, 2, 3]) {
      const swarm = createSwarm(4, { seed })
      await swarm.net.run(async () => {
        const runs = await begun(swarm)
        await steady(swarm, runs, 1_000, 6)
        swarm.peers[seed]?.freeze()
        const startMs = swarm.net.clock.now()
        const rest = runs.filter((_, rank) => rank !== seed)
        for (const { participants } of await callAll(rest)) expect(participants).toHaveLength(3)
        expect(swarm.net.clock.now() - startMs).toBeLessThanOrEqual(5_000)
        // and nothing from then on
        const nextMs = swarm.net.clock.now()
        await callAll(rest)
        expect(swarm.net.clock.now() - nextMs).toBeLessThan(200)
      })
    }
  })

  /** What it costs the others, in ms, when a peer freezes so long after the round's start. */
  async function costOfFreezing(seed: number, afterMs: number): Promise<number> {
    const swarm = createSwarm(4, { seed, bandwidth: 100e6 })
    return await swarm.net.run(async () => {
      const runs = await begun(swarm)
      await steady(swarm, runs, 1_000, 4)
      const values = runs.map((_, rank) => valuesOf(rank, 1_000_000))
      const startMs = swarm.net.clock.now()
      const rounds = runs.map((run, rank) => run.allReduce(values[rank]!))
      await sleep(swarm.peers[0], afterMs)
      swarm.peers[3]?.freeze()
      for (const { participants, attempt } of await Promise.all(rounds.slice(0, 3))) {
        expect(participants).toHaveLength(3)
        expect(attempt).toBeGreaterThanOrEqual(1)
      }
      return swarm.net.clock.now() - startMs - afterMs
    })
  }

  it('has a peer that freezes in a round cost 3 s at most', async () => {
    for (const seed of [1, 2, 3, 4]) {
      // with the round itself, of three, that takes half a second
      expect(await costOfFreezing(seed, 100 + 30 * seed)).toBeLessThan(3_000)
    }
  })

  it('and so does one that freezes as it begins', async () => {
    expect(await costOfFreezing(1, 30)).toBeLessThan(3_000)
  })

  it('lets a peer that thaws find out, and take part again', async () => {
    const swarm = createSwarm(4)
    await swarm.net.run(async () => {
      const runs = await begun(swarm, { enterLate: true })
      await steady(swarm, runs, 1_000, 4)
      swarm.peers[3]?.freeze()
      const rest = runs.slice(0, 3)
      for (let round = 0; round < 3; round++) await callAll(rest)
      swarm.peers[3]?.thaw()
      const again = runs[3]!.allReduce(valuesOf(3, LENGTH))
      let participants: readonly string[] = []
      for (let round = 0; round < 10 && participants.length < 4; round++) {
        await sleep(swarm.peers[0], 1_000)
        participants = (await callAll(rest))[0]?.participants ?? []
      }
      expect(participants).toHaveLength(4)
      expect((await again).participants).toEqual(participants)
    })
  })

  it('can be set, and then nobody waits for longer', async () => {
    const swarm = createSwarm(3)
    await swarm.net.run(async () => {
      const runs = await begun(swarm, { patienceMs: 300 })
      await callAll(runs)
      const startMs = swarm.net.clock.now()
      for (const { participants } of await callAll(runs.slice(0, 2))) {
        expect(participants).toHaveLength(2)
      }
      expect(swarm.net.clock.now() - startMs).toBeGreaterThanOrEqual(300)
      expect(swarm.net.clock.now() - startMs).toBeLessThan(600)
    })
  })

  it('suspects nobody that is merely slow and says so', async () => {
    const swarm = createSwarm(3, { bandwidth: 1e6 })
    await swarm.net.run(async () => {
      const runs = await begun(swarm)
      swarm.peers[2]?.slowDown(20)
      const results = await Promise.all(
        runs.map((run, rank) => run.allReduce(valuesOf(rank, 200_000)))
      )
      for (const { participants, attempt } of results) {
        expect(participants).toHaveLength(3)
        expect(attempt).toBe(0)
      }
    })
  })
})
