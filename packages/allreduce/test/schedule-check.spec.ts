import { describe, expect, it } from 'vitest'
import { checkSchedule, type Schedule } from '../src/index.ts'
import { ringSchedule } from '../src/schedule/ring.ts'

describe('checkSchedule', () => {
  it('counts messages and hops', () => {
    const report = checkSchedule(ringSchedule, { size: 4 })
    expect(report).toEqual({
      sent: [6, 6, 6, 6],
      received: [6, 6, 6, 6],
      depth: 6,
      hops: 3,
      finishers: [0, 1, 2, 3]
    })
  })

  it('accepts a group of one', () => {
    expect(checkSchedule(ringSchedule, { size: 1, chunks: 3 }).depth).toBe(0)
  })

  it('catches a step left out', () => {
    const broken: Schedule = (rank, shape) => ringSchedule(rank, shape).slice(rank === 0 ? 1 : 0)
    expect(() => checkSchedule(broken, { size: 4 })).toThrow('comes to chunk')
  })
})
