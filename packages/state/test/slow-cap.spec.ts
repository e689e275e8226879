import { describe, expect, it } from 'vitest'
import { StateError } from '../src/index.ts'
import { inSwarm, type Member, sameValues, sleep } from './state-swarm.ts'

/** Tries again as long as it is told to. */
async function catchUp(member: Member): Promise<void> {
  for (;;) {
    try {
      await member.state.catchUp()
      return
    } catch (error) {
      if (!(error instanceof StateError) || error.code !== 'DONORS_BUSY') throw error
      await sleep(member, 1_000)
    }
  }
}

describe('donors that may upload little', () => {
  it('bring several joiners up all the same, in turns', async () => {
    // a block takes 3.5 s, so four that share it would each wait 14 s
    const state = { blockLength: 256 * 1024, serving: { uploadBitsPerSecond: 600e3 } }
    await inSwarm({ seed: 61, size: 1, length: 256 * 1024, state }, async ({ add, veterans }) => {
      const joiners: Member[] = []
      for (const name of ['a', 'b', 'c', 'd']) joiners.push(await add(name))
      await Promise.all(joiners.map(catchUp))
      for (const { tensors } of joiners) {
        expect(sameValues(tensors.weights, veterans[0]?.tensors.weights)).toBe(true)
      }
    })
  })

  it('go on serving a joiner whose blocks each take them longer than a lease lasts', async () => {
    const serving = { uploadBitsPerSecond: 8e3, leaseMs: 1_000 }
    const state = { blockLength: 4 * 1024, serving }
    await inSwarm({ seed: 62, size: 1, length: 4 * 1024, state }, async ({ add, veterans }) => {
      const joiner = await add('joiner')
      await joiner.state.catchUp()
      expect(sameValues(joiner.tensors.weights, veterans[0]?.tensors.weights)).toBe(true)
    })
  })
})
