import { describe, expect, it } from 'vitest'
import { FIRST, inSwarm, LINEAGE } from './state-swarm.ts'

describe('donors that stand still after different rounds', () => {
  it('are not waited for: a joiner is told that they do not agree, and not that it is too slow', async () => {
    await inSwarm({ seed: 95, size: 2 }, async ({ add, veterans, ids, net }) => {
      const further = { lineage: LINEAGE, sequence: FIRST.sequence + 1 }
      veterans[0]?.state.declare(further, ids)
      const joiner = await add('joiner')
      const startMs = net.clock.now()
      await expect(joiner.state.catchUp()).rejects.toMatchObject({ code: 'NO_QUORUM' })
      expect(net.clock.now() - startMs).toBeLessThan(10_000)
    })
  })
})
