import { describe, expect, it } from 'vitest'
import type { AllReduceResult, Run, RunInit } from '../src/index.ts'
import { decodeMessage } from '../src/round/wire/message-codec.ts'
import type { ControlMessage } from '../src/round/wire/messages.ts'
import { sleep } from './group-of.ts'
import { createSwarm, linked, type Swarm } from './swarm.ts'
import { sameBits, valuesOf } from './values.ts'

const LENGTH = 20_000
const CONTROL = '/daa/allreduce/control/test'

function callAll(runs: readonly Run[]): Promise<AllReduceResult[]> {
  return Promise.all(runs.map((run, rank) => run.allReduce(valuesOf(rank, LENGTH))))
}

async function begun(swarm: Swarm, options: Partial<RunInit>): Promise<Run[]> {
  const runs = await swarm.joinAll({ minPeers: 1, patienceMs: 4_000, ...options })
  await linked(runs)
  await callAll(runs)
  return runs
}

describe('peers that are cut off from the quorum', () => {
  it('reject in bounded time, the others go on, and later they are told', async () => {
    const swarm = createSwarm(5)
    await swarm.net.run(async () => {
      const runs = await begun(swarm, { onQuorumLoss: 'reject' })
      swarm.net.partition([['peer-03', 'peer-04']])
      const startMs = swarm.net.clock.now()
      const few = runs.slice(3).map(async (run) => {
        const values = valuesOf(0, LENGTH)
        const error = await run.allReduce(values).catch((reason: unknown) => reason)
        expect(sameBits(values, valuesOf(0, LENGTH))).toBe(true)
        return error
      })
      const many = callAll(runs.slice(0, 3))
      for (const error of await Promise.all(few)) {
        expect(error).toMatchObject({
          code: 'QUORUM_LOST',
          detail: { quorum: 3, size: 5 }
        })
      }
      for (const { participants, sequence } of await many) {
        expect(participants.toSorted()).toEqual(['peer-00', 'peer-01', 'peer-02'])
        expect(sequence).toBe(1)
      }
      expect(swarm.net.clock.now() - startMs).toBeLessThan(60_000)
      swarm.net.heal()
      await sleep(swarm.peers[0], 30_000)
      const late = runs[3]?.allReduce(valuesOf(3, LENGTH)).catch((error: unknown) => error)
      await callAll(runs.slice(0, 3))
      expect(await late).toMatchObject({ code: 'BEHIND' })
    })
  })

  it('fork where they are to, and each lineage is one of its own', async () => {
    const swarm = createSwarm(5)
    await swarm.net.run(async () => {
      const runs = await begun(swarm, { onQuorumLoss: 'fork' })
      swarm.net.partition([['peer-03', 'peer-04']])
      const [many, few] = await Promise.all([callAll(runs.slice(0, 3)), callAll(runs.slice(3))])
      for (const { participants, sequence, lineage } of few) {
        expect(participants.toSorted()).toEqual(['peer-03', 'peer-04'])
        expect(sequence).toBe(1)
        expect(lineage).toBe(few[0]?.lineage)
        expect(lineage).not.toBe(many[0]?.lineage)
      }
      for (const { participants } of many) expect(participants).toHaveLength(3)
    })
  })

  it('all of them, halves of four, reject, and go on when they meet again', async () => {
    const swarm = createSwarm(4)
    await swarm.net.run(async () => {
      const runs = await begun(swarm, { onQuorumLoss: 'reject' })
      swarm.net.partition([
        ['peer-00', 'peer-01'],
        ['peer-02', 'peer-03']
      ])
      const outcomes = await Promise.allSettled(
        runs.map((run, rank) => run.allReduce(valuesOf(rank, LENGTH)))
      )
      for (const outcome of outcomes) {
        expect(outcome).toMatchObject({ status: 'rejected', reason: { code: 'QUORUM_LOST' } })
      }
      swarm.net.heal()
      await sleep(swarm.peers[0], 30_000)
      for (const { participants, sequence } of await callAll(runs)) {
        expect(participants).toHaveLength(4)
        expect(sequence).toBe(1)
      }
    })
  })
})

describe('a peer that is restarted', () => {
  it('is another member: it never votes as the one it was', async () => {
    for (const seed of [1, 2, 3, 4, 5]) {
      const swarm = createSwarm(4, { seed, bandwidth: 10e6 })
      await swarm.net.run(async () => {
        const runs = await begun(swarm, { minPeers: 2 })
        // what each life has voted or promised in
        const lives: Set<string>[] = [new Set(), new Set()]
        let life = 0
        const death = Promise.withResolvers<void>()
        const die = (): void => {
          life = 1
          swarm.peers[3]?.crash()
          death.resolve()
        }
        swarm.net.onFrame(({ from, protocol, phase, frame }) => {
          if (from !== 'peer-03' || protocol !== CONTROL || phase !== 'sent') return
          const message = decoded(frame)
          if (message?.type !== 'vote' && message?.type !== 'promise') return
          // a vote is on its way, or has arrived, when its author dies
          if (lives[0]?.size === 0) swarm.net.clock.schedule(seed - 1, die)
          lives[life]?.add(message.configuration.join())
        })
        const three = Promise.all(
          runs.slice(0, 3).map((run, rank) => run.allReduce(valuesOf(rank, LENGTH)))
        )
        runs[3]?.allReduce(valuesOf(3, LENGTH)).catch(() => undefined)
        await death.promise
        const reborn = swarm.net.addPeer('peer-03')
        const run = await swarm.join(reborn, { minPeers: 2 })
        const entered = run.allReduce(valuesOf(3, LENGTH), { enterLate: true })
        const results = await three
        for (const { values } of results) {
          expect(sameBits(values, results[0]?.values ?? new Float32Array())).toBe(true)
        }
        for (let round = 0; round < 6; round++) {
          const [first] = await callAll(runs.slice(0, 3))
          if (first?.participants.includes(reborn.id) === true) break
        }
        await entered
        const [first = new Set(), second = new Set()] = lives
        expect([...second].filter((configuration) => first.has(configuration))).toEqual([])
        expect(first.size).toBeGreaterThan(0)
        expect(second.size).toBeGreaterThan(0)
      })
    }
  })
})

function decoded(frame: Uint8Array): ControlMessage | undefined {
  try {
    return decodeMessage(frame)
  } catch {
    // a greeting
    return undefined
  }
}
