import { describe, expect, it } from 'vitest'
import type { AllReduceOptions, AllReduceResult, Run } from '../src/index.ts'
import { sleep } from './group-of.ts'
import { createSwarm, linked, type Swarm } from './swarm.ts'
import { sameBits, valuesOf } from './values.ts'

const LENGTH = 2_000

function callAll(runs: readonly Run[], options?: AllReduceOptions): Promise<AllReduceResult[]> {
  return Promise.all(runs.map((run, rank) => run.allReduce(valuesOf(rank, LENGTH), options)))
}

/** Three and two that have become two lineages, and can see each other again. */
async function forked(swarm: Swarm, lineages: (string | undefined)[] = []): Promise<Run[]> {
  const runs = await swarm.joinAll({ minPeers: 1, patienceMs: 4_000, onQuorumLoss: 'fork' })
  await linked(runs)
  await callAll(runs)
  swarm.net.partition([['peer-03', 'peer-04']])
  const sides = await Promise.all([callAll(runs.slice(0, 3)), callAll(runs.slice(3))])
  lineages.push(...sides.map(([result]) => result?.lineage))
  swarm.net.heal()
  await sleep(swarm.peers[0], 30_000)
  return runs
}

describe('a call that yields', () => {
  it('is told BEHIND where a larger lineage is met, which then lets it in', async () => {
    const swarm = createSwarm(5)
    await swarm.net.run(async () => {
      const lineages: (string | undefined)[] = []
      const runs = await forked(swarm, lineages)
      const [many, few] = [runs.slice(0, 3), runs.slice(3)]
      const brought = few.map((_, rank) => valuesOf(rank, LENGTH))
      const told = few.map((run, rank) =>
        run.allReduce(brought[rank]!, { yields: true }).catch((error: unknown) => error)
      )
      for (const error of await Promise.all(told))
        expect(error).toMatchObject({ code: 'BEHIND', detail: { lineage: lineages[0] } })
      for (const [rank, values] of brought.entries()) {
        expect(sameBits(values, valuesOf(rank, LENGTH))).toBe(true)
      }
      const late = callAll(few, { weight: 0, enterLate: true })
      const rounds: AllReduceResult[] = []
      while (rounds.at(-1)?.participants.length !== 5) {
        rounds.push(...(await callAll(many, { yields: true })).slice(0, 1))
      }
      const [entered] = rounds.slice(-1)
      expect(entered?.newcomers.toSorted()).toEqual(['peer-03', 'peer-04'])
      for (const { lineage, sequence } of await late) {
        expect({ lineage, sequence }).toMatchObject({
          lineage: entered?.lineage,
          sequence: entered?.sequence
        })
      }
      // those who have left a lineage together do not take each other for leaving still
      for (const { participants, attempt } of await callAll(runs, { yields: true })) {
        expect(participants).toHaveLength(5)
        expect(attempt).toBe(0)
      }
    })
  })

  it('goes on where its own lineage is the larger, or nobody is in another', async () => {
    const swarm = createSwarm(5)
    await swarm.net.run(async () => {
      const runs = await forked(swarm)
      const many = runs.slice(0, 3)
      for (const { participants, sequence } of await callAll(many, { yields: true })) {
        expect(participants).toHaveLength(3)
        expect(sequence).toBe(2)
      }
    })
  })

  it('without it, both lineages go on side by side', async () => {
    const swarm = createSwarm(5)
    await swarm.net.run(async () => {
      const runs = await forked(swarm)
      const [many, few] = await Promise.all([callAll(runs.slice(0, 3)), callAll(runs.slice(3))])
      expect(many[0]?.lineage).not.toBe(few[0]?.lineage)
      for (const { participants } of few) expect(participants).toHaveLength(2)
    })
  })
})
