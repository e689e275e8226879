import { describe, expect, it } from 'vitest'
import { FIRST, inSwarm, LINEAGE } from './state-swarm.ts'

describe('a state that was given up', () => {
  it('is not taken over again from those who are further behind in its lineage', async () => {
    await inSwarm({ seed: 96, size: 3 }, async ({ add }) => {
      const joiner = await add('joiner')
      const further = { lineage: LINEAGE, sequence: FIRST.sequence + 3 }
      joiner.state.declare(further, [joiner.peer.id])
      joiner.state.forget()
      expect(joiner.state.revision).toBeUndefined()
      await expect(joiner.state.catchUp()).rejects.toMatchObject({
        code: 'BACKWARD',
        detail: { from: further, to: FIRST }
      })
      expect(joiner.state.revision).toBeUndefined()
    })
  })
})
