import type { Budget, PeerId, PlanMember, RoundRequest } from '@daa-compute/interface'
import { describe, expect, it } from 'vitest'
import { createArranger } from '../src/arranger.ts'
import { joinRun, RoundError, type Run } from '../src/index.ts'
import { memoryNeed } from '../src/memory-need.ts'
import { sleep } from './group-of.ts'
import { createSwarm, linked, type Swarm } from './swarm.ts'
import { meanOf, sameBits, valuesOf } from './values.ts'

const LENGTH = 60_000
const METERED: Budget = { metered: true }

/** A run whose peers have these budgets; what each has sent as data since it began. */
async function begun(swarm: Swarm, budgets: readonly Budget[], minPeers = budgets.length) {
  const runs = await Promise.all(
    swarm.peers.map((peer, i) =>
      swarm.join(peer, { budget: budgets[i], minPeers, patienceMs: 60_000 })
    )
  )
  await linked(runs)
  const sent = new Map<PeerId, number>()
  swarm.net.onFrame(({ from, protocol, phase, frame }) => {
    if (phase !== 'sent' || !protocol.startsWith('/daa/allreduce/data/')) return
    sent.set(from, (sent.get(from) ?? 0) + frame.length)
  })
  const sentBy = (rank: number): number => sent.get(swarm.peers[rank]!.id) ?? 0
  return { runs, sentBy, startOver: () => sent.clear() }
}

async function round(runs: readonly Run[], length = LENGTH): Promise<string[]> {
  const results = await Promise.all(
    runs.map((run, rank) => run.allReduce(valuesOf(rank, length), { weight: 1 }))
  )
  for (const { values, participants } of results) {
    expect(participants).toHaveLength(runs.length)
    expect(sameBits(values, meanOf(runs.length, length))).toBe(true)
  }
  return results.map(({ algorithm }) => algorithm)
}

describe('what a peer contributes', () => {
  it('is its own values and nothing else where it is metered', async () => {
    const swarm = createSwarm(4)
    await swarm.net.run(async () => {
      const { runs, sentBy } = await begun(swarm, [{}, {}, METERED, {}])
      expect(new Set(await round(runs))).toEqual(new Set(['direct']))
      // its values once; the owners besides send the shares that they have finished
      expect(sentBy(2)).toBeGreaterThan(4 * LENGTH)
      expect(sentBy(2)).toBeLessThan(4 * LENGTH * 1.02)
      for (const rank of [0, 1, 3]) expect(sentBy(rank)).toBeGreaterThan(4 * LENGTH * 1.5)
    })
  })

  it('is as much as anybody does where all are metered', async () => {
    const swarm = createSwarm(3)
    await swarm.net.run(async () => {
      const { runs, sentBy } = await begun(swarm, [METERED, METERED, METERED])
      await round(runs)
      for (const rank of [0, 1, 2]) expect(sentBy(rank)).toBeGreaterThan(0)
    })
  })

  it('follows from the caps, of which all members go by the same', async () => {
    const swarm = createSwarm(4)
    await swarm.net.run(async () => {
      const slow = { uploadBitsPerSecond: 5e6 }
      const fast = { uploadBitsPerSecond: 100e6 }
      const { runs, sentBy } = await begun(swarm, [fast, slow, fast, fast])
      expect(new Set(await round(runs))).toEqual(new Set(['direct']))
      expect(sentBy(1)).toBeLessThan(4 * LENGTH * 1.02)
    })
  })

  it('is agreed with the peer when it joins in the middle', async () => {
    const swarm = createSwarm(4)
    await swarm.net.run(async () => {
      const three = await Promise.all(
        swarm.peers.slice(0, 3).map((peer) => swarm.join(peer, { minPeers: 2 }))
      )
      await linked(three)
      await round(three)
      const options = { minPeers: 2, budget: METERED, enterLate: true }
      const late = await swarm.join(swarm.peers[3]!, options)
      const all = [...three, late]
      await linked(all)
      const joining = late.allReduce(valuesOf(3, LENGTH))
      await sleep(swarm.peers[0], 50)
      await Promise.all([
        joining,
        ...three.map(async (run, i) => {
          // it comes in with the next round
          await run.allReduce(valuesOf(i, LENGTH))
          await run.allReduce(valuesOf(i, LENGTH))
        })
      ])
      expect(new Set(await round(all))).toEqual(new Set(['direct']))
    })
  })
})

describe('an arrangement', () => {
  const members: PlanMember[] = ['a', 'b', 'c', 'd'].map((name) => ({
    peer: name as PeerId,
    incarnation: name.repeat(16)
  }))
  const request: RoundRequest = {
    collective: 'allReduce',
    op: 'mean',
    dtype: 'float32',
    length: 10_000_000,
    layout: '',
    codec: 'float32',
    algorithm: 'auto'
  }
  const withBudgets = (...budgets: readonly Partial<PlanMember>[]): PlanMember[] =>
    members.map((member, i) => ({ ...member, ...budgets[i] }))

  it('gives no shard to who is spared, nor does a budget of one group tell on another', () => {
    const arrange = createArranger(undefined)
    const before = arrange(members, request)
    const { algorithm, shards } = arrange(withBudgets({}, { uplink: 0 }), request)
    expect(algorithm).toBe('direct')
    expect(shards).toHaveLength(4)
    expect(shards[1]).toBe(0)
    for (const rank of [0, 2, 3]) expect(shards[rank]).toBeGreaterThan(0)
    expect(arrange(members, request)).toEqual(before)
    expect(before.algorithm).not.toBe('direct')
  })

  it('leaves an algorithm alone that was asked for', () => {
    const arrange = createArranger(undefined)
    const { algorithm } = arrange(withBudgets({ uplink: 0 }), { ...request, algorithm: 'ring' })
    expect(algorithm).toBe('ring')
  })

  it('gives shards by what members send and take, whichever is less', () => {
    const arrange = createArranger(undefined)
    const { shards } = arrange(
      withBudgets({ uplink: 400e6 }, { uplink: 150e6 }, { downlink: 220e6 }, { uplink: 400e6 }),
      { ...request, algorithm: 'direct' }
    )
    const [a = 0, b = 0, c = 0, d = 0] = shards
    expect(a).toBe(d)
    expect(a).toBeGreaterThan(c)
    expect(c).toBeGreaterThan(b)
  })

  it('cuts segments that the slowest sends to all in half a second', () => {
    const arrange = createArranger(undefined)
    const { segmentLength } = arrange(withBudgets({ uplink: 2e6 }), request)
    expect(4 * 32 * segmentLength).toBeLessThanOrEqual(1e6)
    expect(segmentLength % 256).toBe(0)
    const crawling = arrange(withBudgets({ uplink: 1 }), request)
    expect(crawling.segmentLength).toBe(1024)
  })
})

describe('a memory budget', () => {
  const need = memoryNeed({
    ...{ length: LENGTH, dtype: 'float32', isPacked: false, isRuled: false },
    ...{ isEncoded: false, remembers: false, size: 4 }
  })

  it('that a round fits in exactly does not keep a peer out of it', async () => {
    const swarm = createSwarm(4)
    await swarm.net.run(async () => {
      const { runs } = await begun(swarm, [{}, {}, { memoryBytes: need }, {}])
      expect(await round(runs)).toHaveLength(4)
    })
  })

  it('that is a byte too small keeps it out, with values as they were, and the others go on', async () => {
    const swarm = createSwarm(4)
    await swarm.net.run(async () => {
      const small = { memoryBytes: need - 1 }
      const { runs, sentBy, startOver } = await begun(swarm, [{}, {}, small, {}], 3)
      // a small round makes them a group
      await round(runs, 100)
      startOver()
      const values = valuesOf(2, LENGTH)
      const others = [0, 1, 3].map((rank) => runs[rank]!.allReduce(valuesOf(rank, LENGTH)))
      const error = await runs[2]!.allReduce(values).catch((reason: unknown) => reason)
      expect(error).toBeInstanceOf(RoundError)
      expect(error).toMatchObject({
        code: 'MEMORY_BUDGET',
        detail: { needed: need, budget: need - 1, members: 4 }
      })
      expect(sameBits(values, valuesOf(2, LENGTH))).toBe(true)
      const began = swarm.net.clock.now()
      for (const { participants } of await Promise.all(others)) {
        expect(participants).toHaveLength(3)
        expect(participants).not.toContain(swarm.peers[2]!.id)
      }
      // not for want of patience, which is a minute
      expect(swarm.net.clock.now() - began).toBeLessThan(1000)
      expect(sentBy(2)).toBe(0)
    })
  })

  it('that nothing fits in keeps it out before anybody waits for it', async () => {
    const swarm = createSwarm(3)
    await swarm.net.run(async () => {
      const { runs } = await begun(swarm, [{}, {}, { memoryBytes: 1 }], 2)
      await expect(runs[2]!.allReduce(valuesOf(2, LENGTH))).rejects.toMatchObject({
        code: 'MEMORY_BUDGET'
      })
      await runs[2]!.leave()
      const results = await Promise.all(
        runs.slice(0, 2).map((run, rank) => run.allReduce(valuesOf(rank, LENGTH)))
      )
      for (const { participants } of results) expect(participants).toHaveLength(2)
    })
  })

  it('counts what is packed, encoded, summed and remembered', () => {
    const plain = {
      length: 1000,
      dtype: 'float32',
      size: 2,
      isPacked: false,
      isRuled: false
    } as const
    const base = memoryNeed({ ...plain, isEncoded: false, remembers: false })
    expect(base).toBe(2 * 4000 + 2 * 4000)
    expect(memoryNeed({ ...plain, isEncoded: false, remembers: true })).toBe(base + 8000)
    expect(memoryNeed({ ...plain, isEncoded: true, remembers: false })).toBe(base + 2000)
    const ruled = { ...plain, isEncoded: false, remembers: false, isRuled: true }
    expect(memoryNeed(ruled)).toBe(base + 8000)
    expect(memoryNeed({ ...plain, isPacked: true, isEncoded: false, remembers: false })).toBe(
      base + 4000
    )
    expect(memoryNeed({ ...plain, dtype: 'float16', isEncoded: false, remembers: false })).toBe(
      2 * 2000 + 2 * 2000 + 4000
    )
  })
})

it.each([{ uploadBitsPerSecond: 0 }, { downloadBitsPerSecond: -1 }, { memoryBytes: Number.NaN }])(
  'a run is not joined with a budget of %o',
  async (budget) => {
    const swarm = createSwarm(1)
    const [peer] = swarm.peers
    const init = { run: 'test', directory: swarm.directory.join(peer!), budget }
    const { connector, clock, random } = peer!
    await expect(joinRun({ ...init, connector, clock, random })).rejects.toThrow(RangeError)
  }
)
