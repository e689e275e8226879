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

describe('a state that another was to be taken over for', () => {
  it('is served again only once its owner goes by it again', async () => {
    await inSwarm({ seed: 97, size: 1 }, async ({ add, veterans }) => {
      const [owner] = veterans
      const joiner = await add('joiner')
      const none = { code: 'NO_DONORS' }
      await expect(owner?.state.catchUp({ lineage: 'elsewhere' })).rejects.toMatchObject(none)
      await expect(joiner.state.catchUp()).rejects.toMatchObject(none)
      owner?.state.reaffirm()
      expect(await joiner.state.catchUp()).toMatchObject({ revision: FIRST })
    })
  })
})
