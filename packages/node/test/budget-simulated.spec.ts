import { joinRun, type Run } from '@daa-compute/allreduce'
import type { Budget } from '@daa-compute/interface'
import { createSimnet } from '@daa-compute/simnet'
import { capConnector } from '@daa-compute/transport'
import { describe, expect, it } from 'vitest'

/** Peers with these budgets, in one run over a simulated network. */
async function reduceWithin(
  budgets: readonly Budget[],
  length: number,
  algorithm: 'auto' | 'ring' = 'auto'
) {
  const simnet = createSimnet({ seed: 1, latencyMs: 20 })
  const directory = simnet.directory()
  const sent = new Map<string, number>()
  simnet.onFrame(({ from, phase, frame }) => {
    if (phase === 'sent') sent.set(from, (sent.get(from) ?? 0) + frame.byteLength + 34)
  })
  return await simnet.run(async () => {
    const peers = budgets.map((_, i) => simnet.addPeer(`peer-${i}`))
    const runs: Run[] = await Promise.all(
      peers.map((peer, i) => {
        const { clock, random } = peer
        const budget = budgets[i]!
        const connector = capConnector({ connector: peer.connector, budget, clock })
        const init = { run: 'run', connector, directory: directory.join(peer), clock, random }
        return joinRun({ ...init, minPeers: budgets.length, budget, algorithm })
      })
    )
    const reduced = async (): Promise<number> => {
      sent.clear()
      const startedMs = simnet.clock.now()
      const results = await Promise.all(
        runs.map((run, i) => run.allReduce(new Float32Array(length).fill(i)))
      )
      for (const { attempt, participants, values } of results) {
        expect(attempt).toBe(0)
        expect(participants).toHaveLength(budgets.length)
        expect(values.every((value) => value === (budgets.length - 1) / 2)).toBe(true)
      }
      return (simnet.clock.now() - startedMs) / 1000
    }
    // the second is of a group that is there
    await reduced()
    const seconds = await reduced()
    return { seconds, bitsOf: (i: number) => 8 * (sent.get(`peer-${i}`) ?? 0) }
  })
}

describe('a round with a peer whose upload is capped', () => {
  it.each([200e3, 1e6, 20e6])(
    'at %i bits/s takes as long as that takes, and nobody is suspected',
    async (cap) => {
      const length = 65_536
      const budgets = [{}, {}, { uploadBitsPerSecond: cap }, {}]
      const { seconds, bitsOf } = await reduceWithin(budgets, length)
      expect(bitsOf(2) / cap).toBeGreaterThan(seconds * 0.8 - 0.3)
      expect(bitsOf(2) / cap).toBeLessThan(seconds * 1.02 + 0.03)
      // its own values once, and votes and signs of life
      expect(bitsOf(2)).toBeLessThan(length * 32 * 1.1)
    }
  )

  it('does the work of a ring where that was asked for, at its own pace', async () => {
    const { seconds, bitsOf } = await reduceWithin(
      [{}, { uploadBitsPerSecond: 2e6 }, {}],
      65_536,
      'ring'
    )
    expect(bitsOf(1)).toBeGreaterThan(65_536 * 32 * 1.3)
    expect(seconds).toBeGreaterThan(bitsOf(1) / 2e6 - 0.1)
  })
})

describe('a round with a peer whose download is capped', () => {
  it.each([1e6, 20e6])('at %i bits/s takes as long as that takes', async (cap) => {
    const { seconds } = await reduceWithin([{}, {}, { downloadBitsPerSecond: cap }, {}], 65_536)
    // the result, at least
    expect(seconds).toBeGreaterThan((65_536 * 32) / cap - 0.1)
    expect(seconds).toBeLessThan((65_536 * 32 * 1.3) / cap + 1)
  })
})
