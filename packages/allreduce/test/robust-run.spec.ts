import { coarseCodec } from '@daa-compute/testing/coarse-codec'
import type { PeerId, Placement } from '@daa-compute/interface'
import { describe, expect, it } from 'vitest'
import {
  type AggregationRule,
  type AllReduceOptions,
  type AllReduceResult,
  centeredClip,
  krum,
  median,
  multiKrum,
  type Run,
  type RunInit,
  trimmedMean
} from '../src/index.ts'
import { DATA_HEADER_LENGTH, readDataHeader } from '../src/executor/data-frame.ts'
import { createRoundingCompressor } from './rounding-compressor.ts'
import { createSwarm, linked, type Swarm } from './swarm.ts'
import { noiseOf, sameBits, valuesOf } from './values.ts'

const DATA = '/daa/allreduce/data/test'
const LENGTH = 5_000

type Case = readonly [string, AggregationRule | 'median']

const RULES: readonly Case[] = [
  ['median', 'median'],
  ['trimmedMean', trimmedMean({ fraction: 0.2 })],
  ['krum', krum({ liars: 1 })],
  ['multiKrum', multiKrum({ liars: 1, kept: 3 })],
  ['centeredClip', centeredClip()]
]

async function joined(swarm: Swarm, options: Partial<RunInit> = {}): Promise<Run[]> {
  const runs = await swarm.joinAll(options)
  await linked(runs)
  return runs
}

const leave = (runs: readonly Run[]): Promise<unknown> =>
  Promise.all(runs.map((run) => run.leave()))

const reduce = (
  runs: readonly Run[],
  all: readonly Float32Array[],
  options: AllReduceOptions
): Promise<AllReduceResult[]> =>
  Promise.all(runs.map((run, rank) => run.allReduce(all[rank]!, options)))

/** All have the same result and say the same of it. */
function expectAgreement(results: readonly AllReduceResult[]): void {
  const [first] = results
  for (const { values, participants, attempt, outliers, algorithm } of results) {
    expect(sameBits(values, first!.values)).toBe(true)
    expect(participants).toEqual(first!.participants)
    expect(attempt).toBe(first!.attempt)
    expect(outliers).toEqual(first!.outliers)
    expect(algorithm).toBe('direct')
  }
}

const honest = ({ peers }: Swarm, length = LENGTH): Float32Array[] =>
  peers.map(({ random }) => noiseOf(random, length).map((value, i) => value + (i % 7)))

const distance = (a: Float32Array, b: Float32Array): number =>
  Math.sqrt(a.reduce((sum, value, i) => sum + (value - b[i]!) ** 2, 0))

describe.each(RULES)('a run whose rule is %s', (_, rule) => {
  it.each([
    ['float32', undefined],
    ['a lossy codec', coarseCodec]
  ])('agrees on what it makes of a liar, and on who that is, through %s', async (_name, codec) => {
    const swarm = createSwarm(5)
    await swarm.net.run(async () => {
      const runs = await joined(swarm, { codec })
      for (const length of [LENGTH, 1, 4, 90_001]) {
        const all = honest(swarm, length)
        const usual = all[0]!.slice()
        all[3]!.fill(-500)
        const results = await reduce(runs, all, { rule })
        expectAgreement(results)
        const { values, outliers } = results[0]!
        const worst = values.reduce(
          (max, value, i) => Math.max(max, Math.abs(value - usual[i]!)),
          0
        )
        expect(worst).toBeLessThan(codec === undefined ? 1.6 : 2.2)
        expect(outliers?.map(({ peer }) => peer)).toEqual(results[0]!.participants)
        const [liar, ...others] = outliers!.toSorted((a, b) => b.distance - a.distance)
        expect(liar!.peer).toBe(swarm.peers[3]!.id)
        expect(liar!.relative).toBeGreaterThan(50)
        expect(liar!.excluded).toBeGreaterThan(0.9)
        expect(others.every(({ distance: far }) => far < liar!.distance / 50)).toBe(true)
      }
      // and the mean goes on as before
      const plain = await Promise.all(runs.map((run, rank) => run.allReduce(valuesOf(rank, 100))))
      expect(plain[0]).toMatchObject({ sequence: 4, attempt: 0, outliers: undefined })
      await leave(runs)
    })
  })

  it('is the same whatever shards there are, and with a member that has none', async () => {
    const brought = honest(createSwarm(5))
    const results: Float32Array[] = []
    for (const uplink of [1e9, 1e6]) {
      const swarm = createSwarm(5)
      const slow = swarm.peers[1]!.id
      const placement: Placement = {
        delayMs: () => 1,
        bandwidth: (from) => (from === slow ? uplink : 1e9),
        order: (members) => members,
        clusters: (members) => [members]
      }
      await swarm.net.run(async () => {
        const runs = await joined(swarm, { placement })
        const all = brought.map((values) => values.slice())
        const rounds = await reduce(runs, all, { rule })
        expectAgreement(rounds)
        results.push(rounds[0]!.values)
        if (uplink < 1e9) expect(rounds[1]!.bytesSent).toBeLessThan(rounds[0]!.bytesSent * 0.7)
        await leave(runs)
      })
    }
    expect(distance(results[0]!, results[1]!)).toBeLessThan(1e-4)
  })

  it.each([1, 6, 8, 11, 13, 15, 16, 19])(
    'goes on without a member that dies at its frame %i, and takes nothing of it',
    async (nth) => {
      const swarm = createSwarm(6, { seed: nth })
      const brought = honest(swarm)
      const all = brought.map((values) => values.slice())
      const victim = swarm.peers[2]!.id
      const first = await swarm.net.run(async () => {
        const runs = await joined(swarm, { minPeers: 2 })
        let frames = 0
        swarm.net.onFrame(({ from, protocol, phase }) => {
          if (from !== victim || protocol !== DATA || phase !== 'sent') return
          if (++frames === nth) swarm.peers[2]!.crash()
        })
        const rounds = runs.map((run, rank) => run.allReduce(all[rank]!, { rule }))
        rounds[2]!.catch(() => undefined)
        const results = await Promise.all(rounds.filter((_round, rank) => rank !== 2))
        expect(frames).toBeGreaterThanOrEqual(nth)
        for (const { values, participants } of results) {
          expect(sameBits(values, results[0]!.values)).toBe(true)
          expect(participants).toEqual(results[0]!.participants)
        }
        return results[0]!
      })
      const isIn = first.participants.includes(victim)
      const rest = brought.filter((_values, rank) => isIn || rank !== 2)
      const fresh = createSwarm(rest.length)
      const expected = await fresh.net.run(async () => {
        const [result] = await reduce(await joined(fresh), rest, { rule })
        return result!.values
      })
      expect(distance(first.values, expected)).toBeLessThan(1e-4)
    }
  )

  it('leaves the values of a call that is given up as they were', async () => {
    const swarm = createSwarm(5, { bandwidth: 1e5 })
    await swarm.net.run(async () => {
      const runs = await joined(swarm)
      const all = honest(swarm)
      const brought = all.map((values) => values.slice())
      const abort = new AbortController()
      const rounds = reduce(runs, all, { rule, signal: abort.signal })
      swarm.net.clock.schedule(200, () => abort.abort(new Error('enough')))
      await expect(rounds).rejects.toThrow('enough')
      expect(all).toEqual(brought)
    })
  })
})

/** Sends other numbers than it should in the exchange with this number. */
function misreport(swarm: Swarm, liar: PeerId, to: readonly PeerId[], number: number): void {
  for (const id of to) {
    swarm.net.tamper(liar, id, DATA, (frame) => {
      if (readDataHeader(frame)?.exchange !== 1) return frame
      const bad = frame.slice()
      new DataView(bad.buffer).setFloat64(DATA_HEADER_LENGTH + 6 * 8, number, true)
      return bad
    })
  }
}

describe('an owner that lies', () => {
  it.each([-1, 1e300, Number.NaN])(
    'with distances like %d is named, and the others go on without it',
    async (number) => {
      const swarm = createSwarm(6)
      await swarm.net.run(async () => {
        const runs = await joined(swarm, { minPeers: 2 })
        const ids = swarm.peers.map(({ id }) => id)
        misreport(swarm, ids[5]!, ids, number)
        const all = honest(swarm)
        const rounds = runs.map((run, rank) =>
          run.allReduce(all[rank]!, { rule: krum({ liars: 1 }) })
        )
        rounds[5]!.catch(() => undefined)
        const results = await Promise.all(rounds.slice(0, 5))
        expectAgreement(results)
        expect(results[0]!.participants).not.toContain(ids[5])
      })
    }
  )

  it('by telling one member other distances than the rest leads to no disagreement', async () => {
    const swarm = createSwarm(6)
    await swarm.net.run(async () => {
      const runs = await joined(swarm, { minPeers: 2 })
      const ids = swarm.peers.map(({ id }) => id)
      // to it alone all others seem far apart
      misreport(swarm, ids[5]!, [ids[0]!], 1e12)
      const all = honest(swarm)
      const brought = all.map((values) => values.slice())
      const options = { rule: krum({ liars: 1 }) }
      const outcomes = await Promise.allSettled(
        runs.map((run, rank) => run.allReduce(all[rank]!, options))
      )
      const resolved = outcomes.filter((outcome) => outcome.status === 'fulfilled')
      for (const { value } of resolved) {
        expect(sameBits(value.values, resolved[0]!.value.values)).toBe(true)
      }
      for (const [rank, { status }] of outcomes.entries()) {
        if (status === 'rejected') expect(all[rank]).toEqual(brought[rank])
      }
    })
  })

  it('can keep out by distances whom it likes, but not bring in what nobody brought', async () => {
    const swarm = createSwarm(6)
    await swarm.net.run(async () => {
      const runs = await joined(swarm)
      const ids = swarm.peers.map(({ id }) => id)
      const all = honest(swarm)
      const brought = all.map((values) => values.slice())
      misreport(swarm, ids[5]!, ids, 1e12)
      const results = await reduce(runs, all, { rule: krum({ liars: 1 }) })
      // of its own shard it may make anything
      const shards = (values: Float32Array): Float32Array =>
        values.subarray(0, LENGTH * (5 / 6) - 6)
      expect(brought.some((values) => sameBits(shards(values), shards(results[0]!.values)))).toBe(
        true
      )
    })
  })
})

describe('a call with a rule', () => {
  it('does not meet one with another, or with none: both are told which', async () => {
    const cases: [AllReduceOptions, AllReduceOptions, string, string][] = [
      [{ rule: 'median' }, {}, 'median', 'none'],
      [
        { rule: trimmedMean({ fraction: 0.1 }) },
        { rule: trimmedMean({ fraction: 0.2 }) },
        'trimmedMean 0.1',
        'trimmedMean 0.2'
      ],
      [
        { rule: median({ maxWeightShare: 0.5 }) },
        { rule: 'median' },
        'median maxWeightShare 0.5',
        'median'
      ]
    ]
    for (const [one, other, ours, theirs] of cases) {
      const swarm = createSwarm(2)
      await swarm.net.run(async () => {
        const runs = await joined(swarm, { algorithm: 'direct' })
        const all = honest(swarm)
        const outcomes = await Promise.allSettled([
          runs[0]!.allReduce(all[0]!, one),
          runs[1]!.allReduce(all[1]!, other)
        ])
        const detail = { field: 'rule', ours, theirs }
        expect(outcomes[0]).toMatchObject({ reason: { code: 'REQUEST_MISMATCH', detail } })
        const back = { field: 'rule', ours: theirs, theirs: ours }
        expect(outcomes[1]).toMatchObject({ reason: { code: 'REQUEST_MISMATCH', detail: back } })
      })
    }
  })

  it.each<[string, Partial<RunInit>, AllReduceOptions, string]>([
    ['op', {}, { op: 'sum' }, 'it stands in for the mean, and op is sum'],
    ['algorithm', { algorithm: 'ring' }, {}, 'ring adds them up on the way'],
    ['compressor', {}, { compressor: createRoundingCompressor(4) }, 'a compressor adds up parts'],
    ['parameters', {}, { rule: trimmedMean({ fraction: 2 }) }, 'fraction is at least 0']
  ])('that does not go with its %s is refused', async (_, init, options, message) => {
    const swarm = createSwarm(1)
    await swarm.net.run(async () => {
      const run = await swarm.join(swarm.peers[0]!, init)
      const values = valuesOf(0, 4)
      await expect(run.allReduce(values, { rule: 'median', ...options })).rejects.toMatchObject({
        code: 'BAD_RULE',
        message: expect.stringContaining(message)
      })
      expect(sameBits(values, valuesOf(0, 4))).toBe(true)
      await expect(run.allReduce(new Float64Array(4), { rule: 'median' })).rejects.toMatchObject({
        code: 'BAD_RULE'
      })
      await run.leave()
    })
  })

  it('of Krum is told at once that there are too few, and can be made again', async () => {
    const swarm = createSwarm(5)
    await swarm.net.run(async () => {
      const runs = await Promise.all(
        swarm.peers.slice(0, 4).map((peer) => swarm.join(peer, { minPeers: 4 }))
      )
      await linked(runs)
      const rule = krum({ liars: 1 })
      const all = honest(swarm)
      const brought = all.map((values) => values.slice())
      const outcomes = await Promise.allSettled(
        runs.map((run, rank) => run.allReduce(all[rank]!, { rule }))
      )
      for (const outcome of outcomes) {
        const detail = { rule: 'krum liars 1 kept 1', needed: 5, members: 4 }
        expect(outcome).toMatchObject({ reason: { code: 'TOO_FEW_FOR_RULE', detail } })
      }
      expect(all).toEqual(brought)
      const late = await swarm.join(swarm.peers[4]!, { minPeers: 5 })
      const five = [...runs, late]
      await linked(five)
      const results = await Promise.all(
        five.map(async (run, rank) => {
          for (;;) {
            try {
              return await run.allReduce(all[rank]!, { rule, enterLate: true })
            } catch (error) {
              expect(error).toMatchObject({ code: 'TOO_FEW_FOR_RULE' })
            }
          }
        })
      )
      expectAgreement(results)
    })
  })

  it('takes a weight for no more than its share', async () => {
    const swarm = createSwarm(3)
    await swarm.net.run(async () => {
      const runs = await joined(swarm)
      const results = await Promise.all(
        runs.map((run, rank) =>
          run.allReduce(Float32Array.of(rank, 10 * rank, 7), {
            rule: 'median',
            weight: rank === 2 ? 1000 : 1
          })
        )
      )
      expectAgreement(results)
      expect([...results[0]!.values]).toEqual([1, 10, 7])
      const nobody = await Promise.allSettled(
        runs.map((run) => run.allReduce(Float32Array.of(1), { rule: 'median', weight: 0 }))
      )
      for (const outcome of nobody) {
        expect(outcome).toMatchObject({
          reason: { message: expect.stringContaining('weights are 0') }
        })
      }
    })
  })
})
