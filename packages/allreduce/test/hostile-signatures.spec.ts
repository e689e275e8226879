import type { PeerId } from '@daa-compute/interface'
import { describe, expect, it } from 'vitest'
import type { RunInit } from '../src/index.ts'
import { sleep } from './group-of.ts'
import {
  expectRound,
  type Forge,
  forge,
  LENGTH,
  onStage,
  sealVerifier,
  signerOf
} from './hostile-swarm.ts'
import { valuesOf } from './values.ts'

describe('signatures', () => {
  async function expectCutOff(change: Forge, reason: RegExp): Promise<void> {
    const options = (peer: PeerId): Partial<RunInit> => ({
      signer: signerOf(peer),
      verifier: sealVerifier,
      minPeers: 3,
      patienceMs: 3_000
    })
    await onStage(3, options, async (stage) => {
      const { swarm, honest, hostile } = stage
      const downs: string[] = []
      for (const run of honest) {
        run.on('member:down', ({ peer, reason: why }) => downs.push(`${peer}: ${why}`))
      }
      const liar = await swarm.join(hostile, options(hostile.id))
      await sleep(hostile, 50)
      forge(stage, change)
      const taking = liar.allReduce(valuesOf(3, LENGTH)).catch(() => undefined)
      await expectRound(stage)
      await sleep(hostile, 100)
      expect(downs).toHaveLength(3)
      for (const down of downs) expect(down).toMatch(reason)
      await expectRound(stage)
      await Promise.race([taking, sleep(swarm.peers[0], 1_000)])
    })
  }

  it('that are bad cost their author its place', async () => {
    await expectCutOff(
      (message) =>
        message.type === 'vote' ? [{ ...message, signature: new Uint8Array(32) }] : undefined,
      /peer-03: its vote has a bad signature/
    )
  })

  it('that are missing, too', async () => {
    await expectCutOff(
      (message) =>
        message.type === 'vote' ? [{ ...message, signature: new Uint8Array() }] : undefined,
      /peer-03: its vote has a bad signature/
    )
  })
})
