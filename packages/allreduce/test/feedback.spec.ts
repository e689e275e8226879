import { coarseCodec } from '@daa-compute/testing/coarse-codec'
import type { Algorithm, Plan } from '@daa-compute/interface'
import { describe, expect, it } from 'vitest'
import type { AllReduceResult, Run, RunInit } from '../src/index.ts'
import { ResidualLedger } from '../src/residual-ledger.ts'
import { MESSAGE_TAGS } from '../src/round/wire/messages.ts'
import { createPlainFeedback, type PlainFeedback } from './plain-feedback.ts'
import { planOf } from './reduce-together.ts'
import { createSwarm, linked, type Swarm } from './swarm.ts'
import { noiseOf, sameBits } from './values.ts'

const CONTROL = '/daa/allreduce/control/test'
const LENGTH = 3_000

interface Fed {
  readonly runs: readonly Run[]
  readonly feedbacks: readonly PlainFeedback[]
}

/** Members of a run through a coarse codec, each with error feedback. */
async function joinFed(swarm: Swarm, options: Partial<RunInit> = {}): Promise<Fed> {
  const feedbacks = swarm.peers.map(() => createPlainFeedback())
  const runs = await Promise.all(
    swarm.peers.map((peer, rank) =>
      swarm.join(peer, { codec: coarseCodec, errorFeedback: feedbacks[rank], ...options })
    )
  )
  await linked(runs)
  return { runs, feedbacks }
}

/** What each of these peers owes, by element, times its weight. */
function owed(feedbacks: readonly PlainFeedback[], weights: readonly number[]): Float64Array {
  const sum = new Float64Array(LENGTH)
  for (const [rank, { residual }] of feedbacks.entries()) {
    for (let i = 0; i < LENGTH; i++) {
      sum[i] = (sum[i] ?? 0) + (residual?.[i] ?? 0) * (weights[rank] ?? 0)
    }
  }
  return sum
}

/** Largest difference between what went in and what came out of a round, in units of the mean. */
function leak(
  values: readonly Float32Array[],
  weights: readonly number[],
  before: Float64Array,
  result: Float32Array,
  after: Float64Array
): number {
  const total = weights.reduce((sum, weight) => sum + weight, 0)
  let worst = 0
  for (let i = 0; i < LENGTH; i++) {
    const brought = values.reduce((sum, own, rank) => sum + (own[i] ?? 0) * (weights[rank] ?? 0), 0)
    const difference = brought + (before[i] ?? 0) - (result[i] ?? 0) * total - (after[i] ?? 0)
    worst = Math.max(worst, Math.abs(difference) / total)
  }
  return worst
}

describe('error feedback', () => {
  it.each<[Algorithm, number]>([
    ['ring', 2],
    ['ring', 5],
    ['tree', 7],
    ['butterfly', 6],
    ['hierarchical', 6],
    ['direct', 3],
    ['direct', 8]
  ])('keeps all that %s loses among %i peers, each hop what it lost', async (algorithm, size) => {
    const swarm = createSwarm(size)
    await swarm.net.run(async () => {
      const { runs, feedbacks } = await joinFed(swarm, { algorithm })
      const weights = runs.map((_, rank) => 1 + rank / 2)
      for (let round = 0; round < 4; round++) {
        const all = swarm.peers.map(({ random }) => noiseOf(random, LENGTH))
        const brought = all.map((values) => values.slice())
        const before = owed(feedbacks, weights)
        await Promise.all(
          runs.map((run, rank) => run.allReduce(all[rank]!, { weight: weights[rank] }))
        )
        for (const values of all) expect(sameBits(values, all[0]!)).toBe(true)
        const after = owed(feedbacks, weights)
        expect(leak(brought, weights, before, all[0]!, after)).toBeLessThan(1e-5)
        expect(after.some((value) => value !== 0)).toBe(true)
      }
    })
  })

  it('keeps what a codec of results loses, too', async () => {
    const swarm = createSwarm(4)
    await swarm.net.run(async () => {
      const resultCodec = {
        ...coarseCodec,
        name: 'coarse-results',
        maxEncodedLength: (n: number) => n + 40
      }
      const { runs, feedbacks } = await joinFed(swarm, { algorithm: 'direct', resultCodec })
      expect(runs[0]?.codec).toBe('coarse/coarse-results')
      const ones = runs.map(() => 1)
      for (let round = 0; round < 2; round++) {
        const all = swarm.peers.map(({ random }) => noiseOf(random, LENGTH))
        const brought = all.map((values) => values.slice())
        const before = owed(feedbacks, ones)
        await Promise.all(runs.map((run, rank) => run.allReduce(all[rank]!)))
        for (const values of all) expect(sameBits(values, all[0]!)).toBe(true)
        expect(leak(brought, ones, before, all[0]!, owed(feedbacks, ones))).toBeLessThan(1e-5)
      }
    })
  })

  it('lets what is too small for the codec arrive in the end', async () => {
    const swarm = createSwarm(3)
    await swarm.net.run(async () => {
      const { runs } = await joinFed(swarm, { algorithm: 'direct' })
      let arrived = 0
      for (let round = 0; round < 40; round++) {
        // the codec has steps of 1/127 here
        const all = runs.map(() => Float32Array.of(1, 1e-4))
        await Promise.all(runs.map((run, rank) => run.allReduce(all[rank]!)))
        arrived += all[0]?.[1] ?? 0
      }
      // every peer may still owe half a step, and the owner of the chunk one for the result
      expect(arrived).toBeGreaterThan(0)
      expect(Math.abs(arrived - 40 * 1e-4)).toBeLessThan(2 / 127)
    })
  })

  it('leaves a sum its units, and other combinations and weight 0 alone', async () => {
    const swarm = createSwarm(3)
    await swarm.net.run(async () => {
      const { runs, feedbacks } = await joinFed(swarm)
      const make = (): Float32Array[] => swarm.peers.map(({ random }) => noiseOf(random, LENGTH))
      let all = make()
      await Promise.all(runs.map((run, rank) => run.allReduce(all[rank]!, { op: 'max' })))
      expect(feedbacks.map(({ residual }) => residual)).toEqual(runs.map(() => undefined))

      all = make()
      const brought = all.map((values) => values.slice())
      await Promise.all(runs.map((run, rank) => run.allReduce(all[rank]!, { op: 'sum' })))
      const ones = runs.map(() => 1)
      const mean = all[0]!.map((value) => value / 3)
      const none = new Float64Array(LENGTH)
      expect(leak(brought, ones, none, mean, owed(feedbacks, ones))).toBeLessThan(1e-5)

      all = make()
      const kept = feedbacks[1]?.residual?.slice()
      const weights = [2, 0, 1]
      await Promise.all(
        runs.map((run, rank) => run.allReduce(all[rank]!, { weight: weights[rank] }))
      )
      expect(feedbacks[1]?.residual).toEqual(kept)
    })
  })

  it.each(Array.from({ length: 12 }, (_, seed) => seed))(
    'counts with the attempt that counts when a peer dies (seed %i)',
    async (seed) => {
      const swarm = createSwarm(5, { seed, bandwidth: 10e6 })
      await swarm.net.run(async () => {
        const { runs, feedbacks } = await joinFed(swarm, { minPeers: 1 })
        const all = swarm.peers.map(({ random }) => noiseOf(random, LENGTH))
        await Promise.all(runs.map((run, rank) => run.allReduce(all[rank]!)))
        const brought = swarm.peers.map(({ random }) => noiseOf(random, LENGTH))
        const values = brought.map((own) => own.slice())
        const left = feedbacks.slice(0, 4)
        const ones = left.map(() => 1)
        const before = owed(feedbacks, [1, 1, 1, 1, 1])
        const beforeLeft = owed(left, ones)
        const rounds = runs.map((run, rank) => run.allReduce(values[rank]!))
        rounds[4]?.catch(() => undefined)
        swarm.net.clock.schedule(1 + swarm.net.random.next() * 25, () => swarm.peers[4]?.crash())
        const results = await Promise.all(rounds.slice(0, 4))
        for (const result of results) expect(sameBits(result.values, values[0]!)).toBe(true)
        if (results[0]?.participants.length === 4) {
          const own = brought.slice(0, 4)
          const after = owed(left, ones)
          expect(leak(own, ones, beforeLeft, values[0]!, after)).toBeLessThan(1e-5)
        } else {
          // it had its part in it before it died, and what it owes died with it
          expect(before).not.toEqual(beforeLeft)
        }
      })
    }
  )

  it('is not changed by a call that is given up', async () => {
    const swarm = createSwarm(3, { bandwidth: 1e5 })
    await swarm.net.run(async () => {
      const { runs, feedbacks } = await joinFed(swarm)
      const make = (): Float32Array[] => swarm.peers.map(({ random }) => noiseOf(random, LENGTH))
      let all = make()
      await Promise.all(runs.map((run, rank) => run.allReduce(all[rank]!)))
      const kept = feedbacks.map(({ residual }) => residual?.slice())
      all = make()
      const brought = all.map((values) => values.slice())
      const abort = new AbortController()
      const { signal } = abort
      const rounds = runs.map((run, rank) => run.allReduce(all[rank]!, { signal }))
      swarm.net.clock.schedule(20, () => abort.abort(new Error('enough')))
      const outcomes = await Promise.allSettled(rounds)
      expect(outcomes.map(({ status }) => status)).toEqual(runs.map(() => 'rejected'))
      expect(all).toEqual(brought)
      expect(feedbacks.map(({ residual }) => residual)).toEqual(kept)
    })
  })
})

/** Cuts peer 3 off at the end of a round, before it learns that the round counts. */
function cutOffAtTheEnd({ net, peers }: Swarm): void {
  const cut = peers[3]!.id
  for (const other of peers.slice(0, 3)) {
    net.tamper(other.id, cut, CONTROL, (frame) =>
      frame[0] === MESSAGE_TAGS.vote ? undefined : frame
    )
  }
  net.onFrame(({ from, protocol, phase, frame }) => {
    const isVote = protocol === CONTROL && phase === 'sent' && frame[0] === MESSAGE_TAGS.vote
    if (from !== cut || !isVote) return
    net.clock.schedule(6, () => net.partition([[cut], peers.slice(0, 3).map(({ id }) => id)]))
  })
}

describe('error feedback of a round whose outcome is not known', () => {
  /** A round that counts, and one of which peer 3 cannot learn that it does. */
  async function inDoubt(
    swarm: Swarm
  ): Promise<Fed & { leaked: () => number; mine: Float32Array }> {
    const fed = await joinFed(swarm, { quorumLossMs: 3_000, minPeers: 1, algorithm: 'ring' })
    const { runs, feedbacks } = fed
    const ones = runs.map(() => 1)
    const all = swarm.peers.map(({ random }) => noiseOf(random, LENGTH))
    await Promise.all(runs.map((run, rank) => run.allReduce(all[rank]!)))
    const before = owed(feedbacks, ones)
    const values = swarm.peers.map(({ random }) => noiseOf(random, LENGTH))
    const brought = values.map((own) => own.slice())
    cutOffAtTheEnd(swarm)
    const kept = feedbacks[3]?.residual?.slice()
    const outcome = runs[3]!.allReduce(values[3]!).catch((error: unknown) => error)
    await Promise.all(runs.slice(0, 3).map((run, rank) => run.allReduce(values[rank]!)))
    expect(await outcome).toMatchObject({ code: 'OUTCOME_UNKNOWN' })
    expect(sameBits(values[3]!, brought[3]!)).toBe(true)
    // in doubt: as before for the time being
    expect(feedbacks[3]?.residual).toEqual(kept)
    const leaked = (): number => leak(brought, ones, before, values[0]!, owed(feedbacks, ones))
    expect(leaked()).toBeGreaterThan(1e-5)
    return { ...fed, leaked, mine: values[3]! }
  }

  it('counts when the next call learns that the round does', async () => {
    const swarm = createSwarm(4, { latencyMs: 2 })
    await swarm.net.run(async () => {
      const { runs, leaked, mine } = await inDoubt(swarm)
      swarm.net.heal()
      const again: AllReduceResult = await runs[3]!.allReduce(mine)
      expect(again).toMatchObject({ sequence: 1, recovered: true })
      expect(leaked()).toBeLessThan(1e-5)
    })
  })

  it('counts when that is learnt rounds later', async () => {
    const swarm = createSwarm(4, { latencyMs: 2 })
    await swarm.net.run(async () => {
      const { runs, feedbacks, leaked, mine } = await inDoubt(swarm)
      const others = feedbacks.slice(0, 3).map(({ residual }) => residual?.slice())
      for (let round = 0; round < 2; round++) {
        const all = swarm.peers.map(({ random }) => noiseOf(random, LENGTH))
        await Promise.all(runs.slice(0, 3).map((run, rank) => run.allReduce(all[rank]!)))
      }
      swarm.net.heal()
      const again: AllReduceResult = await runs[3]!.allReduce(mine)
      expect(again).toMatchObject({ sequence: 1, recovered: true })
      expect(leaked()).toBeGreaterThan(1e-5)
      for (const [rank, residual] of others.entries()) feedbacks[rank]?.residual?.set(residual!)
      expect(leaked()).toBeLessThan(1e-5)
    })
  })
})

describe('the ledger of residuals', () => {
  const planAt = (sequence: number, attempt: number, lineage = ''): Plan => {
    const plan = planOf({ values: [new Float32Array(1)] }, attempt)
    const digest = new Uint8Array(32).fill(sequence)
    digest[0] = attempt
    return { ...plan, id: { ...plan.id, lineage, sequence, attempt }, digest }
  }
  const values = new Float32Array(1)

  /** One that holds 1, and is in doubt whether it should not be 2. */
  function doubtful(): { ledger: ResidualLedger; feedback: PlainFeedback } {
    const feedback = createPlainFeedback()
    const ledger = new ResidualLedger()
    for (const [sequence, outcome] of (['commit', 'unknown'] as const).entries()) {
      ledger.meet({ plan: planAt(sequence, 0), isDecided: false })
      const round = feedback.begin('', 1)
      ledger.begin(planAt(sequence, 0), {
        commit: () => round.commit(),
        rollback: () => round.rollback(),
        forget: () => feedback.forget()
      })
      round.keep(Float32Array.of(sequence + 1), Float32Array.of(0), 0, 1)
      ledger.close(outcome, values)
    }
    expect(feedback.residual).toEqual(Float32Array.of(1))
    return { ledger, feedback }
  }

  it.each([
    ['counts with the very attempt', planAt(1, 0), true, 2],
    ['is rolled back by another attempt at the round', planAt(1, 1), false, 1],
    ['is rolled back when another attempt at the round counts', planAt(1, 1), true, 1],
    ['is forgotten with a later round', planAt(2, 0), false, undefined],
    ['is forgotten with a later round that was decided', planAt(3, 0), true, undefined],
    ['is forgotten in another lineage', planAt(1, 0, 'other'), false, undefined]
  ])('%s', (_, plan, isDecided, expected) => {
    const { ledger, feedback } = doubtful()
    ledger.meet({ plan, isDecided })
    ledger.close('commit', values)
    expect(feedback.residual?.[0]).toBe(expected)
    ledger.close('commit', values)
    expect(feedback.residual?.[0]).toBe(expected)
  })
})
