import { coarseCodec } from '@daa-compute/testing/coarse-codec'
import type { Codec } from '@daa-compute/interface'
import { describe, expect, it } from 'vitest'
import { createSwarm, linked } from './swarm.ts'
import { valuesOf } from './values.ts'

/** A codec of a class that no partial sums can be sent in. */
const sparse: Codec = { ...coarseCodec, name: 'topk:0.01' }

describe('what goes wrong within a peer', () => {
  it('is told to its caller, and costs no other peer its place', async () => {
    const swarm = createSwarm(3)
    await swarm.net.run(async () => {
      const runs = await swarm.joinAll({ codec: sparse, algorithm: 'ring' })
      await linked(runs)
      const refused: string[] = []
      for (const run of runs) run.on('refused', ({ reason }) => refused.push(reason))
      const outcomes = await Promise.allSettled(
        runs.map((run, rank) => run.allReduce(valuesOf(rank, 100)))
      )
      for (const outcome of outcomes)
        expect(outcome).toMatchObject({ reason: { code: 'CODEC_MISFIT' } })
      expect(refused).toEqual([])
      for (const run of runs) expect(run.members).toHaveLength(3)
    })
  })

  it('is no unhandled rejection where a vote cannot be signed: the others go on', async () => {
    const swarm = createSwarm(4)
    await swarm.net.run(async () => {
      const broken = {
        peer: swarm.peers[0]!.id,
        sign: () => Promise.reject<Uint8Array>(new Error('the key is locked'))
      }
      const runs = await Promise.all(
        swarm.peers.map((peer, rank) =>
          swarm.join(peer, { minPeers: 3, ...(rank === 0 ? { signer: broken } : {}) })
        )
      )
      await linked(runs)
      const outcomes = await Promise.allSettled(
        runs.map((run, rank) => run.allReduce(valuesOf(rank, 100)))
      )
      for (const { status } of outcomes.slice(1)) expect(status).toBe('fulfilled')
    })
  })
})
