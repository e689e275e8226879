import { describe, expect, it } from 'vitest'
import { checkSchedule, type Schedule } from '../src/index.ts'
import { ringSchedule } from '../src/schedule/ring.ts'

describe('ring', () => {
  it('is proved for every size from 1 to 64', () => {
    for (let size = 1; size <= 64; size++) {
      const { sent, depth } = checkSchedule(ringSchedule, size, size)
      expect(sent).toEqual(Array.from({ length: size }, () => 2 * (size - 1)))
      expect(depth).toBe(2 * (size - 1))
    }
  })

  it('is proved for any number of chunks', () => {
    for (let size = 1; size <= 12; size++) {
      for (let chunks = 0; chunks <= 3 * size; chunks++) checkSchedule(ringSchedule, size, chunks)
    }
  })
})

describe('checkSchedule', () => {
  const broken: Record<string, [Schedule, RegExp]> = {
    'a contribution lost': [
      (rank, size, chunks) =>
        ringSchedule(rank, size, chunks).filter((step) => step.op !== 'finish' || rank !== 0),
      /unfinished|partial sum/
    ],
    'a step twice': [
      (rank, size, chunks) => ringSchedule(rank, size, chunks).flatMap((s) => [s, s]),
      /again|contributions|finished/
    ],
    'a receive without a send': [
      (rank, size, chunks) =>
        ringSchedule(rank, size, chunks).filter((_, i) => i !== 0 || rank !== 1),
      /receives chunk|never/
    ],
    'everybody waits first': [
      (rank, size, chunks) => [
        { op: 'reduce', peer: (rank + 1) % size, chunk: 0 },
        ...ringSchedule(rank, size, chunks).filter((step) => step.chunk !== 0)
      ],
      /can never run|unfinished|receives chunk/
    ],
    'another order than the peer expects': [
      (rank, size, chunks) => ringSchedule(rank, size, rank === 0 ? chunks : chunks - 1),
      /./
    ]
  }
  for (const [name, [schedule, message]] of Object.entries(broken)) {
    it(`catches ${name}`, () => {
      expect(() => checkSchedule(schedule, 4, 4)).toThrow(message)
    })
  }
})
