import type { PeerId } from '@daa-compute/interface'
import type { LinkOptions } from '@daa-compute/simnet'
import { describe, expect, it } from 'vitest'
import { decodeAnswer, encodeAnswer } from '../src/protocol/messages.ts'
import { FIRST, inSwarm, LINEAGE, replayOn, sameValues } from './state-swarm.ts'

/** The liar answers long before everybody else. */
const link = (from: PeerId): LinkOptions => ({ latencyMs: from === 'veteran-0' ? 1 : 40 })

describe('a donor that says that a state is its own and nobody else made it', () => {
  it('is not believed, though it is the first to answer', async () => {
    await inSwarm({ seed: 91, size: 4, link }, async ({ add, veterans, ids }) => {
      const [liar, honest] = veterans
      liar?.tensors.weights.fill(3)
      liar?.state.declare(FIRST, [ids[0] as PeerId])
      const joiner = await add('joiner')
      await joiner.state.catchUp()
      expect(sameValues(joiner.tensors.weights, honest?.tensors.weights)).toBe(true)
    })
  })

  it('is not believed though the others are far away', async () => {
    const far = (from: PeerId): LinkOptions => ({ latencyMs: from === 'veteran-0' ? 1 : 400 })
    await inSwarm({ seed: 94, size: 4, link: far }, async ({ add, veterans, ids }) => {
      const [liar, honest] = veterans
      liar?.tensors.weights.fill(3)
      liar?.state.declare({ lineage: 'its own', sequence: 99 }, [ids[0] as PeerId])
      const joiner = await add('joiner')
      await joiner.state.catchUp()
      expect(sameValues(joiner.tensors.weights, honest?.tensors.weights)).toBe(true)
    })
  })

  it('is not believed if it says so of what a round resulted in', async () => {
    await inSwarm({ seed: 92, size: 4, link }, async ({ add, veterans, ids, round }) => {
      const [liar, ...honest] = veterans
      const joiner = await add('joiner')
      await joiner.state.catchUp({ apply: replayOn(joiner) })
      const to = { lineage: LINEAGE, sequence: FIRST.sequence + 1 }
      const lie = new Uint8Array(4 * 64 * 1024).fill(9)
      await liar?.state.update(to, [ids[0] as PeerId], [lie], () => undefined)
      for (const member of honest) await round(member, FIRST.sequence)
      await joiner.state.catchUp({ apply: replayOn(joiner), until: to })
      expect(sameValues(joiner.tensors.weights, honest[0]?.tensors.weights)).toBe(true)
    })
  })

  it('is not many by naming itself many times', async () => {
    await inSwarm({ seed: 93, size: 1 }, async ({ veterans, ids }) => {
      const [self] = ids as [PeerId]
      const revision = { lineage: 'its own', sequence: 99 }
      expect(() => veterans[0]?.state.declare(revision, [self, self])).toThrow(
        expect.objectContaining({ code: 'BAD_OPTION' }) as Error
      )
      const statement = { revision, participants: [self, self] }
      const answer = encodeAnswer(1, { type: 'status', statement, layout: new Uint8Array(32) })
      expect(() => decodeAnswer(answer)).toThrow('named twice')
    })
  })
})
