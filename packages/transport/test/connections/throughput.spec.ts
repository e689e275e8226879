import { describe, expect, it } from 'vitest'
import { Throughput } from '../../src/connections/throughput.ts'

describe('throughput', () => {
  it('is the mean since the beginning, at first', () => {
    const throughput = new Throughput(5_000)
    expect(throughput.rates({ at: 7_000, received: 1_000, sent: 500 })).toEqual({
      received: 4_000,
      sent: 2_000
    })
  })

  it('is the mean of the last ten seconds, later', () => {
    const throughput = new Throughput(0)
    for (let second = 1; second <= 60; second++) {
      const received = 100 * second
      throughput.sample({ at: second * 1000, received, sent: second > 55 ? 8 : 0 })
    }
    const now = { at: 60_000, received: 6_000, sent: 8 }
    expect(throughput.rates(now)).toEqual({ received: 800, sent: 6.4 })
  })

  it('comes to nothing when nothing comes, also when nobody has noted for long', () => {
    const throughput = new Throughput(0)
    const total = { received: 1e9, sent: 1e9 }
    throughput.sample({ at: 1_000, ...total })
    for (let second = 2; second <= 12; second++) throughput.sample({ at: second * 1000, ...total })
    expect(throughput.rates({ at: 12_000, ...total })).toEqual({ received: 0, sent: 0 })
    const frozen = new Throughput(0)
    frozen.sample({ at: 1_000, ...total })
    expect(frozen.rates({ at: 1e6, ...total })).toEqual({ received: 0, sent: 0 })
  })

  it('is finite at the very beginning', () => {
    const { received } = new Throughput(0).rates({ at: 0, received: 100, sent: 0 })
    expect(received).toBe(8_000)
  })
})
