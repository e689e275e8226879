import { describe, expect, it } from 'vitest'
import type { AllReduceResult } from '../src/index.ts'
import { linked, createSwarm } from './swarm.ts'
import { sleep } from './group-of.ts'
import { valuesOf } from './values.ts'

const LENGTH = 100

/** In half of them the lineage without a quorum counts as the better one by its hash. */
const SEEDS = [1, 2, 3, 4, 5, 6]

describe('a late call of a peer whose group has lost its quorum', () => {
  it.each(SEEDS)('goes to those who can go on (seed %i)', async (seed) => {
    const swarm = createSwarm(3, { seed })
    await swarm.net.run(async () => {
      const [first, other, alone] = await swarm.joinAll({ minPeers: 1, patienceMs: 2_000 })
      const runs = [first!, other!, alone!]
      await linked(runs)
      swarm.net.partition([['peer-02']])
      const call = (index: number, options = {}): Promise<AllReduceResult> =>
        runs[index]!.allReduce(valuesOf(index, LENGTH), options)
      const [before, apart] = await Promise.all([call(0), call(2), call(1)])
      expect(before.participants).toEqual(['peer-00', 'peer-01'])
      expect(apart.participants).toEqual(['peer-02'])
      swarm.peers[1]!.freeze()
      await sleep(swarm.peers[0], 20_000)
      swarm.net.heal()
      await sleep(swarm.peers[0], 20_000)
      const late = { weight: 0, enterLate: true, yields: true, founds: false }
      // what an attempt began with may count: such a call hears how that ended
      const entered = call(0, late).catch(() => call(0, late))
      const over = entered.then(
        () => true,
        () => true
      )
      const others = async (): Promise<boolean> => {
        await call(2)
        await sleep(swarm.peers[2], 100)
        return false
      }
      let isOver = false
      for (let rounds = 0; rounds < 600 && !isOver; rounds++) {
        isOver = await Promise.race([others(), over])
      }
      expect(isOver).toBe(true)
      const { lineage, participants } = await entered
      expect(lineage).toBe(apart.lineage)
      expect(participants).toContain('peer-02')
    })
  })
})
