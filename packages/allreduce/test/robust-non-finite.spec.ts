import type { PeerId } from '@daa-compute/interface'
import { describe, expect, it } from 'vitest'
import {
  type AggregationRule,
  type AllReduceResult,
  centeredClip,
  krum,
  multiKrum,
  type Run,
  trimmedMean
} from '../src/index.ts'
import { DATA_HEADER_LENGTH, readDataHeader } from '../src/executor/data-frame.ts'
import { partitionByShares } from '../src/schedule/partition.ts'
import { createSwarm, linked, type Swarm } from './swarm.ts'
import { noiseOf, sameBits } from './values.ts'

const DATA = '/daa/allreduce/data/test'
const LENGTH = 5_000
const LIAR = 4
/** Which value of a contribution to a shard is not a number. */
const PLACE = 5

const RULES: readonly (readonly [string, AggregationRule | 'median'])[] = [
  ['median', 'median'],
  ['trimmedMean', trimmedMean({ fraction: 0.2 })],
  ['krum', krum({ liars: 1 })],
  ['multiKrum', multiKrum({ liars: 1, kept: 3 })],
  ['centeredClip', centeredClip()]
]

const honest = ({ peers }: Swarm): Float32Array[] =>
  peers.map(({ random }) => noiseOf(random, LENGTH))

/** Puts a number into each contribution that one peer sends to some. */
function bring(swarm: Swarm, liar: PeerId, to: readonly PeerId[], number: number): void {
  for (const id of to) {
    swarm.net.tamper(liar, id, DATA, (frame) => {
      const header = readDataHeader(frame)
      if (header?.exchange !== 0 || header.weight !== 1) return frame
      const bad = frame.slice()
      new DataView(bad.buffer).setFloat32(DATA_HEADER_LENGTH + PLACE * 4, number, true)
      return bad
    })
  }
}

/** Where that is in the whole, in the shard of one of these. */
function indexIn(ids: readonly PeerId[], owner: PeerId): number {
  const shards = partitionByShares(
    LENGTH,
    ids.map(() => 1)
  )
  return shards[ids.indexOf(owner)]!.start + PLACE
}

/** What each says of others that it has lost. */
function accusations(runs: readonly Run[]): { by: PeerId; peer: PeerId; reason: string }[] {
  const said: { by: PeerId; peer: PeerId; reason: string }[] = []
  for (const run of runs) {
    run.on('member:down', ({ peer, reason }) => void said.push({ by: run.self, peer, reason }))
  }
  return said
}

function expectAgreement(results: readonly AllReduceResult[]): void {
  for (const { values, participants, outliers } of results) {
    expect(sameBits(values, results[0]!.values)).toBe(true)
    expect(values.every(Number.isFinite)).toBe(true)
    expect(participants).toEqual(results[0]!.participants)
    expect(outliers).toEqual(results[0]!.outliers)
  }
}

describe.each(RULES)('a round by %s', (_, rule) => {
  it.each([Number.NaN, Infinity, -Infinity])(
    'in which a member brings %d goes on without it: those it sent it to name it and the place',
    async (number) => {
      const swarm = createSwarm(6)
      await swarm.net.run(async () => {
        const runs = await swarm.joinAll({ minPeers: 2 })
        await linked(runs)
        const said = accusations(runs)
        const ids = swarm.peers.map(({ id }) => id)
        const liar = ids[LIAR]!
        bring(swarm, liar, ids, number)
        const all = honest(swarm)
        const rounds = runs.map((run, rank) => run.allReduce(all[rank]!, { rule }))
        rounds[LIAR]!.catch(() => undefined)
        const results = await Promise.all(rounds.filter((_round, rank) => rank !== LIAR))
        expectAgreement(results)
        expect(results[0]!.participants).toEqual(ids.filter((id) => id !== liar))
        const proofs = said.filter(({ reason }) => reason.includes('not finite'))
        expect(proofs.some(({ by }) => by !== liar)).toBe(true)
        for (const { by, peer, reason } of proofs) {
          // who is dropped for it learns why, as the reason for which the others are gone
          const owner = by === liar ? peer : by
          expect(by === liar ? by : peer).toBe(liar)
          expect(reason).toBe(
            `${liar} sent a contribution that is not finite: ${number} at index ${indexIn(ids, owner)}`
          )
        }
        // among the honest nobody loses anybody
        expect(said.filter(({ by, peer }) => by !== liar && peer !== liar)).toEqual([])
        expect(results[0]!.outliers?.map(({ peer }) => peer)).not.toContain(liar)
      })
    }
  )

  it('in which only one member was brought NaN takes nobody else for its sender', async () => {
    const swarm = createSwarm(6)
    await swarm.net.run(async () => {
      const runs = await swarm.joinAll({ minPeers: 2 })
      await linked(runs)
      const said = accusations(runs)
      const ids = swarm.peers.map(({ id }) => id)
      const [liar, victim] = [ids[LIAR]!, ids[0]!]
      bring(swarm, liar, [victim], Number.NaN)
      const all = honest(swarm)
      const brought = all.map((values) => values.slice())
      const outcomes = await Promise.allSettled(
        runs.map((run, rank) => run.allReduce(all[rank]!, { rule }))
      )
      const resolved = outcomes.flatMap((one) => (one.status === 'fulfilled' ? [one.value] : []))
      expect(resolved.length).toBeGreaterThanOrEqual(4)
      expectAgreement(resolved)
      for (const { peer, by, reason } of said) {
        if (!reason.includes('not finite')) continue
        expect([by, peer].toSorted()).toEqual([victim, liar].toSorted())
        expect(reason).toMatch(liar)
      }
      for (const [rank, { status }] of outcomes.entries()) {
        if (status === 'rejected') expect(all[rank]).toEqual(brought[rank])
      }
    })
  })

  it('is not begun with NaN: its caller is told the tensor and the index', async () => {
    const swarm = createSwarm(1)
    await swarm.net.run(async () => {
      const run = await swarm.join(swarm.peers[0]!)
      for (const number of [Number.NaN, Infinity]) {
        const tensors = { bias: new Float32Array(3), kernel: Float32Array.of(1, 2, number) }
        await expect(run.allReduce(tensors, { rule })).rejects.toMatchObject({
          code: 'NON_FINITE',
          detail: { tensor: 'kernel', index: 2, value: number }
        })
      }
      await run.leave()
    })
  })

  it('stays finite, and has one outlier, where a member brings the largest numbers', async () => {
    const swarm = createSwarm(6)
    await swarm.net.run(async () => {
      const runs = await swarm.joinAll()
      await linked(runs)
      const all = honest(swarm)
      all[LIAR]!.fill(3.4e38)
      const results = await Promise.all(
        runs.map((run, rank) => run.allReduce(all[rank]!, { rule }))
      )
      expectAgreement(results)
      const [far, next] = results[0]!.outliers!.toSorted((a, b) => b.distance - a.distance)
      expect(far!.peer).toBe(swarm.peers[LIAR]!.id)
      expect(far!.distance).toBeGreaterThan(1e6 * next!.distance)
    })
  })
})
