import { describe, expect, it } from 'vitest'
import { startDonors } from './donors/donors.ts'
import { fillWeights } from './donors/weights.ts'

/** 8 MiB. */
const VALUES = 2 * 1024 * 1024

describe('a state from donors in processes of their own, over TCP', () => {
  it('is complete and verified though one stops half-way and one lies', async () => {
    await using swarm = await startDonors({
      values: VALUES,
      bitsPerSecond: 100e6,
      kinds: ['honest', 'liar', 'honest']
    })
    const { donors, joiner, weights } = swarm
    let isStopped = false
    const report = await joiner.catchUp({
      onProgress({ bytesDone, bytesTotal }) {
        if (isStopped || bytesDone < bytesTotal / 2) return
        isStopped = true
        donors[2]?.signal('SIGSTOP')
      }
    })
    expect(weights).toEqual(fillWeights(VALUES))
    expect(isStopped).toBe(true)
    const [honest, liar, stopped] = donors.map(({ id }) => report.donors[id])
    expect(liar).toMatchObject({ bytes: 0, dropped: { code: 'WRONG_BLOCK' } })
    expect(honest?.bytes).toBeGreaterThan(stopped?.bytes ?? 0)
    expect(stopped?.bytes).toBeGreaterThan(0)
    expect((honest?.bytes ?? 0) + (stopped?.bytes ?? 0)).toBe(VALUES * 4)
  }, 30_000)

  it('is resumed without fetching again what is there when all donors were killed', async () => {
    const kinds = ['honest', 'honest'] as const
    const init = { values: VALUES, bitsPerSecond: 100e6, kinds }
    await using swarm = await startDonors(init)
    let before = 0
    const broken = swarm.joiner.catchUp({
      onProgress({ bytesDone, bytesTotal }) {
        if (before > 0 || bytesDone < bytesTotal / 2) return
        before = bytesDone
        for (const donor of swarm.donors) donor.signal('SIGKILL')
      }
    })
    await expect(broken).rejects.toMatchObject({ code: 'NO_DONORS' })
    await using others = await startDonors(init)
    others.weights.set(swarm.weights)
    const report = await others.joiner.catchUp()
    expect(report.bytesPresent).toBeGreaterThanOrEqual(before)
    expect(report.bytesFetched).toBe(VALUES * 4 - report.bytesPresent)
    expect(others.weights).toEqual(fillWeights(VALUES))
  }, 30_000)
})
