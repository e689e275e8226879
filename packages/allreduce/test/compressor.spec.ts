import { coarseCodec } from '@daa-compute/testing/coarse-codec'
import type { Algorithm } from '@daa-compute/interface'
import { describe, expect, it } from 'vitest'
import type { AllReduceOptions, Run, RunInit } from '../src/index.ts'
import { MESSAGE_TAGS } from '../src/round/wire/messages.ts'
import { createRoundingCompressor, type RoundingCompressor } from './rounding-compressor.ts'
import { createSwarm, linked, type Swarm } from './swarm.ts'
import { noiseOf, sameBits } from './values.ts'

const CONTROL = '/daa/allreduce/control/test'
const LENGTH = 3_000

interface Compressing {
  readonly runs: readonly Run[]
  readonly compressors: readonly RoundingCompressor[]
  /** Everybody reduces these. */
  reduce(all: readonly Float32Array[], options?: AllReduceOptions): Promise<Float32Array>[]
}

async function joinCompressing(swarm: Swarm, options: Partial<RunInit> = {}): Promise<Compressing> {
  const compressors = swarm.peers.map(() => createRoundingCompressor(LENGTH))
  const runs = await swarm.joinAll(options)
  await linked(runs)
  return {
    runs,
    compressors,
    reduce: (all, own = {}) =>
      runs.map(async (run, rank) => {
        const compressor = compressors[rank]!
        return (await run.allReduce(all[rank]!, { compressor, ...own })).values
      })
  }
}

const noise = ({ peers }: Swarm): Float32Array[] =>
  peers.map(({ random }) => noiseOf(random, LENGTH))

/** What was brought and owed less what came of it and is owed now, at most, per rank. */
function leak(
  brought: readonly Float32Array[],
  before: readonly (Float32Array | undefined)[],
  result: Float32Array,
  after: readonly (Float32Array | undefined)[]
): number {
  let worst = 0
  for (let i = 0; i < LENGTH; i++) {
    const sum = (all: readonly (Float32Array | undefined)[]): number =>
      all.reduce((total, own) => total + (own?.[i] ?? 0), 0)
    const lost = sum(brought) + sum(before) - sum(after) - result[i]! * brought.length
    worst = Math.max(worst, Math.abs(lost) / brought.length)
  }
  return worst
}

describe('a compressor of all-reduces', () => {
  it.each<[Algorithm, number]>([
    ['ring', 3],
    ['tree', 5],
    ['butterfly', 6],
    ['hierarchical', 6],
    ['direct', 4]
  ])('has its exchanges made by %s among %i peers, in one round', async (algorithm, size) => {
    const swarm = createSwarm(size)
    await swarm.net.run(async () => {
      const { runs, compressors, reduce } = await joinCompressing(swarm, { algorithm })
      for (let round = 0; round < 3; round++) {
        const all = noise(swarm)
        const brought = all.map((values) => values.slice())
        const before = compressors.map(({ residual }) => residual)
        const results = await Promise.all(reduce(all))
        for (const [rank, values] of results.entries()) {
          expect(values).toBe(all[rank])
          expect(sameBits(values, results[0]!)).toBe(true)
          expect(sameBits(values, compressors[rank]!.result!)).toBe(true)
        }
        const after = compressors.map(({ residual }) => residual)
        expect(leak(brought, before, results[0]!, after)).toBeLessThan(1e-5)
      }
      // and rounds without one in between
      const plain = noise(swarm)
      const kept = compressors.map(({ residual }) => residual)
      const results = await Promise.all(runs.map((run, rank) => run.allReduce(plain[rank]!)))
      expect(results[0]).toMatchObject({ sequence: 3, attempt: 0 })
      expect(compressors.map(({ residual }) => residual)).toEqual(kept)
      await Promise.all(reduce(noise(swarm)))
    })
  })

  it.each<[Algorithm, number]>([
    ['ring', 3],
    ['tree', 5],
    ['direct', 4]
  ])('has an exchange cross in a codec, over %s among %i peers', async (algorithm, size) => {
    const swarm = createSwarm(size)
    await swarm.net.run(async () => {
      const runs = await swarm.joinAll({ algorithm })
      await linked(runs)
      const all = noise(swarm)
      const brought = all.map((values) => values.slice())
      const results = await Promise.all(
        runs.map((run, rank) =>
          run.allReduce(all[rank]!, { compressor: createRoundingCompressor(LENGTH, coarseCodec) })
        )
      )
      for (const { values, bytesSent } of results) {
        expect(sameBits(values, results[0]!.values)).toBe(true)
        expect(bytesSent).toBeLessThan(size * LENGTH)
        const mean = brought[0]!.map(
          (_, i) => brought.reduce((sum, own) => sum + own[i]!, 0) / size
        )
        // half a step of an eighth each, and of a 127th for each encoding
        expect(values.every((value, i) => Math.abs(value - mean[i]!) < 0.05)).toBe(true)
      }
    })
  })

  it('counts its bytes and weighs its means', async () => {
    const swarm = createSwarm(2)
    await swarm.net.run(async () => {
      const { runs, compressors } = await joinCompressing(swarm, { algorithm: 'ring' })
      const weights = [1, 3]
      const results = await Promise.all(
        runs.map((run, rank) =>
          run.allReduce(new Float32Array(LENGTH).fill(8 * rank), {
            compressor: compressors[rank],
            weight: weights[rank]
          })
        )
      )
      for (const { values, bytesSent, bytesReceived } of results) {
        expect(values.every((value) => value === 6)).toBe(true)
        expect(bytesSent).toBeGreaterThan(4 * LENGTH)
        expect(bytesReceived).toBeGreaterThan(4 * LENGTH)
      }
    })
  })

  it('is refused where it does not fit, and where others have another', async () => {
    const swarm = createSwarm(2)
    await swarm.net.run(async () => {
      const { runs, compressors } = await joinCompressing(swarm)
      const compressor = compressors[0]!
      const values = new Float32Array(LENGTH).fill(1)
      await expect(runs[0]!.allReduce(values, { compressor, op: 'sum' })).rejects.toThrow(/not fit/)
      await expect(runs[0]!.allReduce(values.slice(1), { compressor })).rejects.toThrow(/not fit/)
      const long = { ...compressor, layout: 'x'.repeat(600), begin: compressor.begin }
      await expect(runs[0]!.allReduce(values, { compressor: long })).rejects.toThrow(
        /hash the layout/
      )
      const outcomes = await Promise.allSettled([
        runs[0]!.allReduce(values, { compressor }),
        runs[1]!.allReduce(values.slice())
      ])
      expect(outcomes.map(({ status }) => status)).toContain('rejected')
      expect(values.every((value) => value === 1)).toBe(true)
    })
  })

  it.each(Array.from({ length: 16 }, (_, seed) => seed))(
    'remembers only what counts when a peer dies (seed %i)',
    async (seed) => {
      const swarm = createSwarm(5, { seed, bandwidth: 10e6 })
      await swarm.net.run(async () => {
        const { runs, compressors, reduce } = await joinCompressing(swarm, { minPeers: 1 })
        await Promise.all(reduce(noise(swarm)))
        const brought = noise(swarm)
        const all = brought.map((values) => values.slice())
        const before = compressors.map(({ residual }) => residual)
        let participants = 0
        runs[0]?.on('round', (event) => {
          participants = event.participants.length
        })
        const rounds = reduce(all)
        rounds[4]?.catch(() => undefined)
        swarm.net.clock.schedule(1 + swarm.net.random.next() * 40, () => swarm.peers[4]?.crash())
        const results = await Promise.all(rounds.slice(0, 4))
        const left = compressors.slice(0, 4)
        for (const values of results) expect(sameBits(values, results[0]!)).toBe(true)
        for (const { result } of left) expect(sameBits(result!, results[0]!)).toBe(true)
        // with the dead peer's share, what it owes died with it
        if (participants === 4) {
          const after = left.map(({ residual }) => residual)
          const worst = leak(brought.slice(0, 4), before.slice(0, 4), results[0]!, after)
          expect(worst).toBeLessThan(1e-5)
        }
        const again = await Promise.all(reduce(noise(swarm)).slice(0, 4))
        for (const values of again) expect(sameBits(values, again[0]!)).toBe(true)
      })
    }
  )

  it('remembers nothing of a call that is given up', async () => {
    const swarm = createSwarm(3, { bandwidth: 1e5 })
    await swarm.net.run(async () => {
      const { compressors, reduce } = await joinCompressing(swarm)
      await Promise.all(reduce(noise(swarm)))
      const kept = compressors.map(({ residual }) => residual)
      const all = noise(swarm)
      const brought = all.map((values) => values.slice())
      const abort = new AbortController()
      const rounds = reduce(all, { signal: abort.signal })
      swarm.net.clock.schedule(40, () => abort.abort(new Error('enough')))
      const outcomes = await Promise.allSettled(rounds)
      expect(outcomes.map(({ status }) => status)).toEqual(kept.map(() => 'rejected'))
      expect(all).toEqual(brought)
      expect(compressors.map(({ residual }) => residual)).toEqual(kept)
    })
  })

  it('remembers a round in doubt when the next call learns that it counts', async () => {
    const swarm = createSwarm(4, { latencyMs: 2 })
    await swarm.net.run(async () => {
      const options = { quorumLossMs: 3_000, minPeers: 1 }
      const { runs, compressors, reduce } = await joinCompressing(swarm, options)
      await Promise.all(reduce(noise(swarm)))
      const before = compressors.map(({ residual }) => residual)
      const all = noise(swarm)
      const brought = all.map((values) => values.slice())
      const cut = swarm.peers[3]!.id
      for (const other of swarm.peers.slice(0, 3)) {
        swarm.net.tamper(other.id, cut, CONTROL, (frame) =>
          frame[0] === MESSAGE_TAGS.vote ? undefined : frame
        )
      }
      swarm.net.onFrame(({ from, protocol, phase, frame }) => {
        const isVote = protocol === CONTROL && phase === 'sent' && frame[0] === MESSAGE_TAGS.vote
        if (from !== cut || !isVote) return
        const others = swarm.peers.slice(0, 3).map(({ id }) => id)
        swarm.net.clock.schedule(6, () => swarm.net.partition([[cut], others]))
      })
      const rounds = reduce(all)
      const outcome = rounds[3]!.catch((error: unknown) => error)
      const [result] = await Promise.all(rounds.slice(0, 3))
      expect(await outcome).toMatchObject({ code: 'OUTCOME_UNKNOWN' })
      expect(compressors[3]!.residual).toBe(before[3])
      swarm.net.heal()
      const again = await runs[3]!.allReduce(all[3]!, { compressor: compressors[3] })
      expect(again).toMatchObject({ sequence: 1, recovered: true })
      expect(sameBits(compressors[3]!.result!, result!)).toBe(true)
      const after = compressors.map(({ residual }) => residual)
      expect(leak(brought, before, result!, after)).toBeLessThan(1e-5)
    })
  })
})
