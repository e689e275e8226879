import { describe, expect, it } from 'vitest'
import { endure } from './processes/endure.ts'

describe('sixteen peers in processes of their own', { timeout: 90_000 }, () => {
  it('agree on every round while half of them are killed one after another', async () => {
    const { rounds, conflicts, rejected, last } = await endure({
      peers: 16,
      kills: 8,
      killAfterMs: 0,
      roundEveryMs: 20,
      length: 1000
    })
    expect(conflicts).toEqual([])
    // who was never away is never behind, and a quorum is always there
    expect(rejected).toEqual({})
    expect(rounds).toBeGreaterThan(8)
    expect(new Set(last.map(({ participants }) => participants.join())).size).toBe(1)
    // peers 8 to 15 are left
    for (const { value } of last) expect(value).toBe(11.5)
  })
})
