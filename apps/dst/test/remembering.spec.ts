import { joinRun, type Run } from '@daa-compute/allreduce'
import { createDelta, createPowerSgd } from '@daa-compute/compression'
import type { CollectiveCompressor } from '@daa-compute/interface'
import { createSimnet, type SimPeer } from '@daa-compute/simnet'
import { describe, expect, it } from 'vitest'

const LENGTH = 2_000
const ROUNDS = 12
const MAX_CALLS = 18

const delta = await createDelta('delta:int8')
const topk = await createDelta('delta:topk:0.1')

/** What remembers rounds, with the algorithm it is driven by. */
const COMPRESSORS = {
  ring: () => delta.createCompressor(),
  butterfly: () => delta.createCompressor(),
  direct: () => topk.createCompressor(),
  tree: () => createPowerSgd({ rank: 2, shapes: [[40, 50]] })
} satisfies Record<string, () => CollectiveCompressor>

type Driver = keyof typeof COMPRESSORS

/** What all peers' values are near to. */
const CENTRE = Float32Array.from({ length: LENGTH }, (_, i) => 10 * Math.sin(i))

const bitsOf = ({ buffer, byteOffset, byteLength }: Float32Array): string =>
  Buffer.from(buffer, byteOffset, byteLength).toString('base64')

interface Trained {
  /** By round, the results that calls have resolved with. */
  readonly results: ReadonlyMap<string, ReadonlySet<string>>
  /** Rounds whose result is nearer to {@link CENTRE} than int8 can say it. */
  readonly fine: number
}

/**
 * Five peers that bring something to round after round. At some moment one freezes
 * for a while, or dies and comes back knowing nothing.
 */
async function train(seed: number, algorithm: Driver): Promise<Trained> {
  const net = createSimnet({ seed, latencyMs: { min: 1, max: 5 }, bandwidth: 20e6 })
  const directory = net.directory()
  const results = new Map<string, Set<string>>()
  const fine = new Set<string>()
  const join = (peer: SimPeer): Promise<Run> =>
    joinRun({
      run: 'test',
      connector: peer.connector,
      directory: directory.join(peer),
      clock: peer.clock,
      random: peer.random,
      minPeers: 3,
      patienceMs: 500,
      algorithm
    })

  async function bring(run: Run, { random }: SimPeer, rank: number, isLate = false): Promise<void> {
    const compressor = COMPRESSORS[algorithm]()
    let caughtUp = !isLate
    let reached = 0
    for (let call = 0; call < MAX_CALLS && reached < ROUNDS; call++) {
      const values = CENTRE.map((value) => value + random.next() * 0.01)
      const weight = caughtUp ? 1 + rank : 0
      try {
        const options = { compressor, weight, enterLate: !caughtUp }
        const { lineage, sequence, values: result } = await run.allReduce(values, options)
        const round = `${lineage} ${sequence}`
        results.set(round, (results.get(round) ?? new Set()).add(bitsOf(result)))
        if (result.every((value, i) => Math.abs(value - CENTRE[i]!) < 0.02)) fine.add(round)
        caughtUp = true
        reached = sequence + 1
      } catch {
        // behind, or too few are left: what it brings next counts nothing
        caughtUp = false
      }
    }
    await run.leave()
  }

  await net.run(async () => {
    const peers = Array.from({ length: 5 }, (_, i) => net.addPeer(`peer-${i}`))
    const runs = await Promise.all(peers.map((peer) => join(peer)))
    const rank = seed % 5
    const victim = peers[rank]!
    net.clock.schedule(20 + net.random.next() * 120, () => {
      if (seed % 2 === 0) {
        victim.freeze()
        net.clock.schedule(800, () => victim.thaw())
        return
      }
      victim.crash()
      const revive = async (): Promise<void> => {
        const again = net.addPeer(victim.id)
        await bring(await join(again), again, rank, true)
      }
      net.clock.schedule(200, () => void revive())
    })
    const ends = runs.map((run, index) => bring(run, peers[index]!, index))
    // a dead peer's promises never settle
    await Promise.all(ends.filter((_, index) => index !== rank))
  })
  return { results, fine: fine.size }
}

describe.each(Object.keys(COMPRESSORS) as Driver[])(
  'what is remembered between rounds, over %s',
  (algorithm) => {
    it.each(Array.from({ length: 10 }, (_, seed) => seed))(
      'makes no two results of one round, whoever misses what (seed %i)',
      async (seed) => {
        const { results, fine } = await train(seed, algorithm)
        expect(results.size).toBeGreaterThanOrEqual(ROUNDS)
        for (const all of results.values()) expect(all.size).toBe(1)
        // after the first rounds, and two after somebody has missed one, differences do
        if (algorithm === 'ring' || algorithm === 'butterfly') expect(fine).toBeGreaterThan(5)
      }
    )
  }
)
