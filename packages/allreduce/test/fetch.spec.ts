import type { PeerId } from '@daa-compute/interface'
import { describe, expect, it } from 'vitest'
import type { AllReduceResult, Run, RunInit } from '../src/index.ts'
import { MESSAGE_TAGS } from '../src/round/wire/messages.ts'
import { sleep } from './group-of.ts'
import { createSwarm, linked, type Swarm } from './swarm.ts'

const DATA = '/daa/allreduce/data/test'
const CONTROL = '/daa/allreduce/control/test'

type Values = Float32Array | Float64Array | Uint16Array
type Make = (rank: number) => Values

const LENGTH = 5_000
const kinds: Record<string, { readonly make: Make; readonly dtype?: 'float16' | 'bfloat16' }> = {
  float32: { make: (rank) => new Float32Array(LENGTH).fill(rank + 1) },
  float64: { make: (rank) => new Float64Array(LENGTH).fill(rank + 1) },
  // 1, 2, 3, 4 and their mean, 2.5, are exact
  float16: {
    make: (rank) => new Uint16Array(LENGTH).fill([0x3c00, 0x4000, 0x4200, 0x4400][rank] ?? 0),
    dtype: 'float16'
  },
  bfloat16: {
    make: (rank) => new Uint16Array(LENGTH).fill([0x3f80, 0x4000, 0x4040, 0x4080][rank] ?? 0),
    dtype: 'bfloat16'
  }
}
const means: Record<string, number> = {
  float32: 2.5,
  float64: 2.5,
  float16: 0x4100,
  bfloat16: 0x4020
}

/**
 * The last frame of data for a peer is lost, and the peer stops where it stands,
 * having sent all that the others need of it.
 */
function freezeAtTheEnd(swarm: Swarm, victim: number): () => boolean {
  const peer = swarm.peers[victim]
  if (peer === undefined) throw new RangeError(`there is no peer ${victim}`)
  const before = victim === 0 ? swarm.peers.length - 1 : victim - 1
  const frames = 2 * (swarm.peers.length - 1)
  let seen = 0
  const end = swarm.net.tamper(swarm.peers[before]?.id ?? '', peer.id, DATA, (frame) => {
    seen++
    if (seen < frames) return frame
    end()
    swarm.net.clock.schedule(1, peer.freeze)
    return undefined
  })
  return () => seen === frames
}

async function started(swarm: Swarm, options: Partial<RunInit> = {}): Promise<Run[]> {
  const runs = await swarm.joinAll({
    minPeers: 2,
    patienceMs: 5_000,
    algorithm: 'ring',
    ...options
  })
  await linked(runs)
  return runs
}

function expectAll(result: AllReduceResult<Values>, value: number, participants: number): void {
  expect(result.participants).toHaveLength(participants)
  expect(result.values.every((v) => v === value)).toBe(true)
}

describe('a member that misses the end of a round', () => {
  for (const [name, { make, dtype }] of Object.entries(kinds)) {
    it(`gets the result from the others (${name})`, async () => {
      const swarm = createSwarm(4, { latencyMs: 2 })
      await swarm.net.run(async () => {
        const runs = await started(swarm)
        const options = dtype === undefined ? {} : { dtype }
        await Promise.all(runs.map((run, rank) => run.allReduce(make(rank), options)))
        const isFrozen = freezeAtTheEnd(swarm, 3)
        const fetched: PeerId[] = []
        swarm.net.onFrame(({ from, to, protocol, frame }) => {
          const isResult = protocol.startsWith('/daa/allreduce/result/')
          if (isResult && to === swarm.peers[3]?.id && frame.length > 32) fetched.push(from)
        })
        const rounds = runs.map((run, rank) => run.allReduce(make(rank), options))
        const early = await Promise.all(rounds.slice(0, 3))
        expect(isFrozen()).toBe(true)
        for (const result of early) expectAll(result, means[name] ?? NaN, 4)
        await sleep(swarm.peers[0], 5_000)
        swarm.peers[3]?.thaw()
        const late = await rounds[3]
        if (late === undefined) throw new Error('there is no fourth')
        expectAll(late, means[name] ?? NaN, 4)
        expect(late).toMatchObject({ sequence: 1, attempt: early[0]?.attempt })
        expect(fetched.length).toBeGreaterThan(0)
      })
    })
  }

  it('goes on with the others afterwards', async () => {
    const swarm = createSwarm(4, { latencyMs: 2 })
    await swarm.net.run(async () => {
      const runs = await started(swarm)
      const call = (): Promise<AllReduceResult>[] =>
        runs.map((run, rank) => run.allReduce(new Float32Array(LENGTH).fill(rank + 1)))
      await Promise.all(call())
      freezeAtTheEnd(swarm, 3)
      const rounds = call()
      await Promise.all(rounds.slice(0, 3))
      swarm.peers[3]?.thaw()
      await Promise.all(rounds)
      for (const result of await Promise.all(call())) expectAll(result, 2.5, 4)
    })
  })
})

describe('a caller that cannot learn whether the round counts', () => {
  it('is told so, has its values back, and gets the result with its next call', async () => {
    const swarm = createSwarm(4, { latencyMs: 2 })
    await swarm.net.run(async () => {
      const runs = await started(swarm, { quorumLossMs: 3_000 })
      const make = (rank: number): Float32Array => new Float32Array(LENGTH).fill(rank + 1)
      await Promise.all(runs.map((run, rank) => run.allReduce(make(rank))))
      const cut = swarm.peers[3]?.id
      // the votes of the others do not reach it; it is cut off before they are sent again
      for (const other of swarm.peers.slice(0, 3)) {
        swarm.net.tamper(other.id, cut ?? '', CONTROL, (frame) =>
          frame[0] === MESSAGE_TAGS.vote ? undefined : frame
        )
      }
      swarm.net.onFrame(({ from, protocol, phase, frame }) => {
        if (
          from !== cut ||
          protocol !== CONTROL ||
          phase !== 'sent' ||
          frame[0] !== MESSAGE_TAGS.vote
        )
          return
        swarm.net.clock.schedule(6, () => {
          swarm.net.partition([[cut], swarm.peers.slice(0, 3).map(({ id }) => id)])
        })
      })
      const mine = make(3)
      const outcome = runs[3]?.allReduce(mine).catch((error: unknown) => error)
      const others = await Promise.all(
        runs.slice(0, 3).map((run, rank) => run.allReduce(make(rank)))
      )
      for (const result of others) expectAll(result, 2.5, 4)
      expect(await outcome).toMatchObject({ code: 'OUTCOME_UNKNOWN' })
      expect(mine.every((value) => value === 4)).toBe(true)
      swarm.net.heal()
      const again = await runs[3]?.allReduce(mine)
      expect(again).toMatchObject({ sequence: 1, attempt: 0 })
      if (again !== undefined) expectAll(again, 2.5, 4)
    })
  })
})
