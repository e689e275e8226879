import type { PeerId, Placement } from '@daa-compute/interface'
import { describe, expect, it } from 'vitest'
import { type AllReduceResult, joinRun, type RoundError, type Run } from '../src/index.ts'
import { createSwarm, linked } from './swarm.ts'
import { meanOf, noiseOf, sameBits, valuesOf } from './values.ts'

const seeds = (from: number, count: number): number[] =>
  Array.from({ length: count }, (_, i) => from + i)

type Outcome =
  | { status: 'resolved'; result: AllReduceResult; took: number }
  | { status: 'rejected'; error: unknown; took: number }

describe('a peer that dies in a round', () => {
  it.each(seeds(0, 60))(
    'leaves the survivors a result, or too few of them to have one (seed %i)',
    async (seed) => {
      const size = 2 + (seed % 7)
      const swarm = createSwarm(size, { seed, bandwidth: 10e6 })
      await swarm.net.run(async () => {
        const runs = await swarm.joinAll({ minPeers: 1, algorithm: 'ring' })
        await linked(runs)
        await Promise.all(runs.map((run, rank) => run.allReduce(valuesOf(rank, 1))))
        const victim = Math.floor(swarm.net.random.next() * size)
        const length = 20_000 * size
        const all = swarm.peers.map((peer) => noiseOf(peer.random, length))
        const before = all.map((values) => values.slice())
        const clock = swarm.net.clock
        const start = clock.now()
        const outcomes = runs.map(async (run, rank): Promise<Outcome> => {
          try {
            const result = await run.allReduce(all[rank]!)
            return { status: 'resolved', result, took: clock.now() - start }
          } catch (error) {
            return { status: 'rejected', error, took: clock.now() - start }
          }
        })
        clock.schedule(swarm.net.random.next() * 150, () => swarm.peers[victim]!.crash())
        const seen = await Promise.all(outcomes.filter((_, rank) => rank !== victim))
        const ranks = runs.map((_, rank) => rank).filter((rank) => rank !== victim)
        for (const [i, outcome] of seen.entries()) {
          const rank = ranks[i]!
          expect(outcome.took).toBeLessThan(10_000)
          if (outcome.status === 'resolved') {
            const [first] = seen
            if (first?.status !== 'resolved') throw new Error('only some of them resolved')
            expect(sameBits(outcome.result.values, first.result.values)).toBe(true)
            expect(outcome.result.participants).toEqual(first.result.participants)
            continue
          }
          expect(size).toBe(2)
          expect(sameBits(all[rank]!, before[rank]!)).toBe(true)
          const { code } = outcome.error as RoundError
          expect(['QUORUM_LOST', 'OUTCOME_UNKNOWN']).toContain(code)
        }
      })
    }
  )

  it('costs the others one more attempt', async () => {
    const swarm = createSwarm(4, { bandwidth: 50e6 })
    await swarm.net.run(async () => {
      const runs = await swarm.joinAll({ minPeers: 3 })
      await linked(runs)
      const rounds = runs.map((run, rank) => run.allReduce(valuesOf(rank, 400_000)))
      swarm.net.clock.schedule(60, () => swarm.peers[3]!.crash())
      for (const { values, participants, sequence, attempt } of await Promise.all(
        rounds.slice(0, 3)
      )) {
        expect(sameBits(values, meanOf(3, 400_000))).toBe(true)
        expect(participants).toHaveLength(3)
        expect([sequence, attempt]).toEqual([0, 1])
      }
    })
  })

  it('lets the survivor of two go on where it is to fork', async () => {
    const swarm = createSwarm(2)
    await swarm.net.run(async () => {
      const runs = await swarm.joinAll({ minPeers: 1, onQuorumLoss: 'fork' })
      await linked(runs)
      const [first] = await Promise.all(runs.map((run, rank) => run.allReduce(valuesOf(rank, 3))))
      swarm.peers[1]!.crash()
      const result = await runs[0]!.allReduce(valuesOf(0, 3))
      expect(result.participants).toEqual([swarm.peers[0]!.id])
      expect(result.sequence).toBe(1)
      expect(result.lineage).not.toBe(first!.lineage)
    })
  })

  it('costs a round that waits for it to form nothing', async () => {
    const swarm = createSwarm(3)
    await swarm.net.run(async () => {
      const runs = await swarm.joinAll({ minPeers: 2 })
      const two = runs.slice(0, 2).map((run, rank) => run.allReduce(valuesOf(rank, 10)))
      swarm.net.clock.schedule(100, () => swarm.peers[2]!.crash())
      for (const { participants } of await Promise.all(two)) expect(participants).toHaveLength(2)
      expect(swarm.net.clock.now()).toBeLessThan(1_000)
    })
  })
})

describe('a round that cannot be', () => {
  it('is given up after a bounded time when too few come, and says so', async () => {
    const swarm = createSwarm(2)
    await swarm.net.run(async () => {
      const run = await swarm.join(swarm.peers[0]!, { minPeers: 2, formTimeoutMs: 3_000 })
      const values = valuesOf(0, 5)
      const error = await run.allReduce(values).catch((e: unknown) => e)
      expect(error).toMatchObject({ code: 'NOT_ENOUGH_PEERS', detail: { needed: 2 } })
      expect(sameBits(values, valuesOf(0, 5))).toBe(true)
      expect(swarm.net.clock.now()).toBeGreaterThanOrEqual(3_000)
    })
  })

  it('names both shapes to both sides', async () => {
    const swarm = createSwarm(2)
    await swarm.net.run(async () => {
      const runs = await swarm.joinAll()
      const outcomes = await Promise.allSettled(
        runs.map((run, rank) => run.allReduce(valuesOf(rank, 10 + rank)))
      )
      for (const [rank, outcome] of outcomes.entries()) {
        expect(outcome).toMatchObject({
          status: 'rejected',
          reason: {
            code: 'REQUEST_MISMATCH',
            detail: { field: 'length', ours: `${10 + rank}`, theirs: `${11 - rank}` }
          }
        })
      }
    })
  })

  it('goes on without the one peer that brings another shape', async () => {
    const swarm = createSwarm(4)
    await swarm.net.run(async () => {
      const runs = await swarm.joinAll({ minPeers: 3 })
      const outcomes = await Promise.allSettled(
        runs.map((run, rank) => run.allReduce(valuesOf(rank, rank === 3 ? 11 : 10)))
      )
      expect(outcomes.map(({ status }) => status)).toEqual([
        'fulfilled',
        'fulfilled',
        'fulfilled',
        'rejected'
      ])
      expect(outcomes[3]).toMatchObject({ reason: { code: 'REQUEST_MISMATCH' } })
    })
  })

  it('names a placement that differs to who has it, and the others go on', async () => {
    const swarm = createSwarm(4)
    await swarm.net.run(async () => {
      const runs = await Promise.all(
        swarm.peers.map((peer, rank) =>
          // by one of them the halves of the group are far apart
          swarm.join(peer, {
            minPeers: 3,
            algorithm: 'hierarchical',
            placement: halves(
              swarm.peers.map(({ id }) => id),
              rank === 3 ? 200 : 1
            )
          })
        )
      )
      const outcomes = await Promise.allSettled(
        runs.map((run, rank) => run.allReduce(valuesOf(rank, 10)))
      )
      expect(outcomes.map(({ status }) => status)).toEqual([
        ...['fulfilled', 'fulfilled', 'fulfilled'],
        'rejected'
      ])
      expect(outcomes[3]).toMatchObject({
        reason: { code: 'REQUEST_MISMATCH', detail: { field: 'placement' } }
      })
    })
  })

  it('ends when the caller gives up, and the others form without it', async () => {
    const swarm = createSwarm(3)
    await swarm.net.run(async () => {
      const runs = await swarm.joinAll({ minPeers: 2 })
      const giveUp = new AbortController()
      const reason = new Error('enough')
      const first = runs[0]!.allReduce(valuesOf(0, 10), { signal: giveUp.signal })
      swarm.net.clock.schedule(50, () => giveUp.abort(reason))
      await expect(first).rejects.toBe(reason)
      const rest = await Promise.all(
        runs.slice(1).map((run, rank) => run.allReduce(valuesOf(rank, 10)))
      )
      expect(rest[0]!.participants).toHaveLength(2)
    })
  })

  it('ends for everybody when one gives up while values move', async () => {
    const swarm = createSwarm(3, { bandwidth: 10e6 })
    await swarm.net.run(async () => {
      const runs = await swarm.joinAll()
      const all = runs.map((_, rank) => valuesOf(rank, 300_000))
      const giveUp = new AbortController()
      const outcomes = Promise.allSettled(
        runs.map((run, rank) =>
          run.allReduce(all[rank]!, rank === 0 ? { signal: giveUp.signal } : {})
        )
      )
      swarm.net.clock.schedule(300, () => giveUp.abort(new Error('enough')))
      const [first, ...others] = await outcomes
      expect(first).toMatchObject({ reason: { message: 'enough' } })
      for (const other of others) expect(other.status).toBe('rejected')
      for (const [rank, values] of all.entries()) {
        expect(sameBits(values, valuesOf(rank, 300_000))).toBe(true)
      }
    })
  })

  it('is refused before anything is sent for bad values and weights', async () => {
    const swarm = createSwarm(1)
    await swarm.net.run(async () => {
      const [run] = await swarm.joinAll()
      const bad = new Float32Array([1, 2, Number.NaN, Number.POSITIVE_INFINITY])
      await expect(run!.allReduce(bad)).rejects.toMatchObject({
        code: 'NON_FINITE',
        detail: { index: 2 }
      })
      for (const weight of [-1, Number.NaN, Number.POSITIVE_INFINITY, 2 ** 21]) {
        await expect(run!.allReduce(new Float32Array(1), { weight })).rejects.toMatchObject({
          code: 'BAD_WEIGHT'
        })
      }
      const whole = new Int32Array(3) as unknown as Float32Array
      await expect(run!.allReduce(whole)).rejects.toMatchObject({
        code: 'BAD_DTYPE',
        detail: { actual: 'Int32Array' }
      })
      expect((await run!.allReduce(new Float32Array([2]))).values[0]).toBe(2)
    })
  })

  it('fails cleanly when finite values add up to infinity', async () => {
    const swarm = createSwarm(2)
    await swarm.net.run(async () => {
      const runs = await swarm.joinAll()
      const outcomes = await Promise.allSettled(
        runs.map((run) => run.allReduce(new Float32Array(4).fill(3e38)))
      )
      for (const outcome of outcomes) {
        const message: unknown = expect.stringContaining('overflow')
        expect(outcome).toMatchObject({ reason: { code: 'ABORTED', message } })
      }
    })
  })
})

describe('joining', () => {
  it('leaves nothing behind where it fails', async () => {
    const swarm = createSwarm(1)
    await swarm.net.run(async () => {
      const peer = swarm.peers[0]!
      const handle = (): void => undefined
      const release = await peer.connector.accept('/daa/allreduce/data/test', handle)
      const join = (): Promise<Run> =>
        joinRun({
          run: 'test',
          connector: peer.connector,
          directory: { peers: () => [], watch: () => () => undefined },
          clock: peer.clock,
          random: peer.random,
          minPeers: 1
        })
      await expect(join()).rejects.toMatchObject({ code: 'ALREADY_ACCEPTED' })
      await release()
      await using run = await join()
      expect((await run.allReduce(new Float32Array([5]))).values[0]).toBe(5)
    })
  })
})

describe('a peer that comes late', () => {
  it('is told that it is behind, and does not hold up the others', async () => {
    const swarm = createSwarm(3)
    await swarm.net.run(async () => {
      const runs = await Promise.all(
        swarm.peers.slice(0, 2).map((peer) => swarm.join(peer, { minPeers: 2 }))
      )
      await Promise.all(runs.map((run, rank) => run.allReduce(valuesOf(rank, 10))))
      const late = await swarm.join(swarm.peers[2]!, { minPeers: 2 })
      const refused = late.allReduce(valuesOf(2, 10)).catch((e: unknown) => e)
      await Promise.all(runs.map((run, rank) => run.allReduce(valuesOf(rank, 10))))
      expect(await refused).toMatchObject({ code: 'BEHIND', detail: { ours: 0 } })
      const start = swarm.net.clock.now()
      await Promise.all(runs.map((run, rank) => run.allReduce(valuesOf(rank, 10))))
      expect(swarm.net.clock.now() - start).toBeLessThan(1_000)
    })
  })

  it('is in the next configuration if it says that it needs none of the earlier rounds', async () => {
    const swarm = createSwarm(3)
    await swarm.net.run(async () => {
      const runs = await Promise.all(
        swarm.peers.slice(0, 2).map((peer) => swarm.join(peer, { minPeers: 2 }))
      )
      const round = (): Promise<AllReduceResult[]> =>
        Promise.all(runs.map((run, rank) => run.allReduce(valuesOf(rank, 10))))
      await round()
      const late = await swarm.join(swarm.peers[2]!, { minPeers: 2 })
      await linked([...runs, late])
      const entered = late.allReduce(valuesOf(2, 10), { enterLate: true })
      const sizes: number[] = []
      // the last of them would wait for the newcomer's second call
      while (!sizes.includes(3)) sizes.push((await round())[0]!.participants.length)
      const { participants, sequence } = await entered
      expect(participants).toHaveLength(3)
      expect([1, 2, 3]).toContain(sequence)
      expect(sizes[sequence - 1]).toBe(3)
      expect(sizes.slice(0, sequence - 1)).toEqual(sizes.slice(0, sequence - 1).fill(2))
    })
  })
})

/** A network of two halves, within which everybody is near. */
function halves(members: readonly PeerId[], delayMs: number): Placement {
  const isFirst = (peer: PeerId): boolean => members.indexOf(peer) < members.length / 2
  return {
    delayMs: (from, to) => (isFirst(from) === isFirst(to) ? 1 : delayMs),
    bandwidth: () => 1e9,
    order: (peers) => peers,
    clusters: (peers) =>
      delayMs === 1 ? [peers] : [peers.filter(isFirst), peers.filter((peer) => !isFirst(peer))]
  }
}
