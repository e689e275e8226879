import { createSimnet } from '@daa-compute/simnet'
import { describe, expect, it } from 'vitest'
import { joinRun, type RoundError } from '../src/index.ts'

/** In which two groups of three are founded at once, and one peer leaves its own for the other. */
const SEEDS = [60, 102, 159, 221, 253, 361, 368]

describe('four peers that begin at once, of which three are enough', () => {
  it.each(SEEDS)('all have the round, or hear that they are behind (seed %i)', async (seed) => {
    const net = createSimnet({ seed, latencyMs: { min: 1, max: 30 }, bandwidth: 20e6 })
    const directory = net.directory()
    await net.run(async () => {
      const runs = await Promise.all(
        ['a', 'b', 'c', 'd'].map((name) => {
          const peer = net.addPeer(name)
          const { connector, clock, random } = peer
          return joinRun({
            run: 'run',
            connector,
            directory: directory.join(peer),
            clock,
            random,
            minPeers: 3,
            patienceMs: 3_000,
            formTimeoutMs: 20_000
          })
        })
      )
      const outcomes = await Promise.all(
        runs.map((run, i) =>
          run.allReduce(new Float32Array(10).fill(i)).then(
            ({ participants }) => participants.length,
            (error: unknown) => (error as RoundError).code
          )
        )
      )
      const sizes = outcomes.filter((outcome) => typeof outcome === 'number')
      expect(sizes.length).toBeGreaterThanOrEqual(3)
      for (const size of sizes) expect(size).toBe(sizes.length)
      expect(outcomes.filter((outcome) => outcome !== 'BEHIND')).toEqual(sizes)
      // nobody waits for answers that nobody owes
      expect(net.clock.now()).toBeLessThan(3_000)
    })
  })
})
