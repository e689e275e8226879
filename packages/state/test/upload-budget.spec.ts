import { createSimnet } from '@daa-compute/simnet'
import { describe, expect, it } from 'vitest'
import { UploadBudget } from '../src/serve/upload-budget.ts'

const BLOCK = 100_000
/** One block takes a second. */
const RATE = 8 * BLOCK

describe('the upload that joiners share', () => {
  it('is not used up by those who ask and hang up', async () => {
    const net = createSimnet({ seed: 1 })
    await net.run(async () => {
      const { clock } = net.addPeer('donor')
      const budget = new UploadBudget(clock, RATE)
      const gone = new AbortController()
      const hangUps = Array.from({ length: 50 }, () => budget.take(BLOCK, gone.signal))
      const honest = budget.take(BLOCK, new AbortController().signal)
      clock.schedule(100, () => gone.abort())
      await Promise.all(hangUps)
      await honest
      expect(clock.now()).toBeLessThan(1_200)
    })
  })

  it('is a turn for each, at the rate that was given', async () => {
    const net = createSimnet({ seed: 2 })
    await net.run(async () => {
      const { clock } = net.addPeer('donor')
      const budget = new UploadBudget(clock, RATE)
      const { signal } = new AbortController()
      const ends: number[] = []
      await Promise.all(
        Array.from({ length: 4 }, async () => {
          await budget.take(BLOCK, signal)
          ends.push(Math.round(clock.now()))
        })
      )
      expect(ends).toEqual([980, 1_980, 2_980, 3_980])
    })
  })
})
