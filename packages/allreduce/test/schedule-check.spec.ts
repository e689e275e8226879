import type { Algorithm, Collective } from '@daa-compute/interface'
import { describe, expect, it } from 'vitest'
import { ALGORITHMS } from '../src/schedule/algorithms.ts'
import { checkSchedule } from '../src/schedule/check.ts'
import { ringAllGather, ringReduceScatter, ringSchedule } from '../src/schedule/ring.ts'
import type { Schedule, Step } from '../src/schedule/schedule.ts'
import { createShape, type ShapeInit } from '../src/schedule/shape.ts'
import { treeBroadcast } from '../src/schedule/tree.ts'

const shapes: readonly ShapeInit[] = [
  { size: 2, chunks: 2 },
  {
    size: 5,
    chunks: 4,
    clusters: [
      [0, 3],
      [1, 2, 4]
    ]
  }
]

/** What each rank does, to be changed here and there. */
type Lists = Step[][]

function listsOf(name: Algorithm, init: ShapeInit): Lists {
  const shape = createShape(init)
  return Array.from({ length: shape.size }, (_, rank) => [
    ...ALGORITHMS[name].allReduce(rank, shape)
  ])
}

/** Checks lists of steps; the error's message, or that there was none. */
function verdict(lists: Lists, shape: ShapeInit): string {
  try {
    checkSchedule((rank) => lists[rank] ?? [], shape)
  } catch (error) {
    return error instanceof Error ? error.message : String(error)
  }
  return 'proved'
}

/** Applies a change to every step of every algorithm in turn; each has to be caught. */
function expectCaught(change: (lists: Lists, rank: number, index: number) => boolean): void {
  let changes = 0
  for (const name of Object.keys(ALGORITHMS) as Algorithm[]) {
    for (const shape of shapes) {
      const original = listsOf(name, shape)
      expect(verdict(original, shape)).toBe('proved')
      for (const [rank, steps] of original.entries()) {
        for (const [index, step] of steps.entries()) {
          const lists = original.map((list) => [...list])
          if (!change(lists, rank, index)) continue
          changes++
          const what = `${name} of ${shape.size}, rank ${rank}, step ${index}, ${step.op}`
          expect(verdict(lists, shape), what).not.toBe('proved')
        }
      }
    }
  }
  expect(changes).toBeGreaterThanOrEqual(30)
}

/** Where the peer of a step has the other side of it: lanes are in the same order at both ends. */
function counterpart(lists: Lists, rank: number, index: number): [number, number] | undefined {
  const step = lists[rank]?.[index]
  if (step === undefined || step.op === 'finish') return undefined
  const isSame = (other: Step, outbound: boolean, peer: number): boolean =>
    other.op !== 'finish' && (other.op === 'send') === outbound && other.peer === peer
  const outbound = step.op === 'send'
  const nth = (lists[rank] ?? [])
    .slice(0, index)
    .filter((s) => isSame(s, outbound, step.peer)).length
  const theirs = [...(lists[step.peer] ?? []).entries()].filter(([, s]) =>
    isSame(s, !outbound, rank)
  )
  const found = theirs[nth]
  return found === undefined ? undefined : [step.peer, found[0]]
}

describe('checkSchedule', () => {
  it('reports messages, hops and finishers', () => {
    expect(checkSchedule(ringSchedule, { size: 4 })).toEqual({
      sent: [6, 6, 6, 6],
      received: [6, 6, 6, 6],
      depth: 6,
      hops: 3,
      finishers: [0, 1, 2, 3]
    })
    expect(checkSchedule(ringSchedule, { size: 1, chunks: 3 }).depth).toBe(0)
  })

  it('catches every step that is left out', () => {
    expectCaught((lists, rank, index) => lists[rank]?.splice(index, 1) !== undefined)
  })

  it('catches every step that is done twice', () => {
    expectCaught((lists, rank, index) => {
      const step = lists[rank]?.[index]
      if (step !== undefined) lists[rank]?.splice(index, 0, step)
      return true
    })
  })

  it('catches every message that is sent and taken twice', () => {
    expectCaught((lists, rank, index) => {
      const step = lists[rank]?.[index]
      const [peer, at] = counterpart(lists, rank, index) ?? []
      if (step?.op !== 'send' || peer === undefined || at === undefined) return false
      const other = lists[peer]?.[at]
      if (other === undefined) return false
      lists[rank]?.splice(index, 0, step)
      lists[peer]?.splice(at, 0, other)
      return true
    })
  })

  it('catches every message that neither side knows of', () => {
    expectCaught((lists, rank, index) => {
      const [peer, at] = counterpart(lists, rank, index) ?? []
      if (peer === undefined || at === undefined) return false
      lists[rank]?.splice(index, 1)
      lists[peer]?.splice(at, 1)
      return true
    })
  })

  it('catches every step that changes places with the one it waits for', () => {
    expectCaught((lists, rank, index) => {
      const steps = lists[rank] ?? []
      const step = steps[index]
      // sends and additions of one chunk commute among themselves; nothing else does
      const before = steps.findLastIndex((s, i) => i < index && s.chunk === step?.chunk)
      const earlier = steps[before]
      if (step === undefined || earlier === undefined || earlier.op === step.op) return false
      steps[before] = step
      steps[index] = earlier
      return true
    })
  })

  it('catches every message out of the order of its channel', () => {
    expectCaught((lists, rank, index) => {
      const steps = lists[rank] ?? []
      const step = steps[index]
      if (step === undefined || step.op === 'finish') return false
      const before = steps.findLastIndex(
        (s, i) =>
          i < index &&
          s.op !== 'finish' &&
          s.peer === step.peer &&
          (s.op === 'send') === (step.op === 'send')
      )
      const earlier = steps[before]
      if (earlier === undefined || earlier.chunk === step.chunk) return false
      steps[before] = step
      steps[index] = earlier
      return true
    })
  })

  it('catches every finish by another rank', () => {
    expectCaught((lists, rank, index) => {
      const step = lists[rank]?.[index]
      if (step?.op !== 'finish') return false
      const other = (rank + 1) % lists.length
      lists[rank]?.splice(index, 1)
      const at = lists[other]?.findLastIndex(({ chunk }) => chunk === step.chunk) ?? -1
      lists[other]?.splice(at, 0, step)
      return true
    })
  })

  it('catches every step with another peer or another chunk', () => {
    expectCaught((lists, rank, index) => {
      const step = lists[rank]?.[index]
      if (step === undefined || step.op === 'finish' || lists.length < 3) return false
      const peer = [1, 2].map((d) => (step.peer + d) % lists.length).find((other) => other !== rank)
      lists[rank]?.splice(index, 1, { ...step, peer: peer ?? 0 })
      return true
    })
    expectCaught((lists, rank, index) => {
      const step = lists[rank]?.[index]
      if (step === undefined) return false
      lists[rank]?.splice(index, 1, { ...step, chunk: step.chunk === 0 ? 1 : 0 })
      return true
    })
  })

  const broken: readonly [string, Schedule, RegExp][] = [
    ['a chunk that does not exist', () => [{ op: 'finish', chunk: 2 }], /does not exist/],
    ['a message to itself', (rank) => [{ op: 'send', peer: rank, chunk: 0 }], /no other rank/],
    ['a message to nobody', () => [{ op: 'send', peer: 2, chunk: 0 }], /no other rank/],
    ['nothing at all', () => [], /ends with chunk 0 unfinished/],
    [
      'a result of one contribution',
      () => [{ op: 'finish', chunk: 0 }],
      /lacks the contribution of rank 1/
    ],
    [
      'everybody waiting for everybody',
      (rank) => [
        { op: 'reduce', peer: 1 - rank, chunk: 0 },
        { op: 'send', peer: 1 - rank, chunk: 0 },
        { op: 'finish', chunk: 0 }
      ],
      /can never run/
    ],
    [
      'two finishers of one chunk',
      (rank) => [
        { op: rank === 0 ? 'send' : 'reduce', peer: 1 - rank, chunk: 0 },
        { op: rank === 0 ? 'reduce' : 'send', peer: 1 - rank, chunk: 0 },
        { op: 'finish', chunk: 0 }
      ],
      /adds a contribution twice/
    ],
    [
      'a partial sum copied',
      (rank) => [{ op: rank === 0 ? 'send' : 'copy', peer: 1 - rank, chunk: 0 }],
      /copies a partial sum/
    ]
  ]
  for (const [name, schedule, message] of broken) {
    it(`says what is wrong: ${name}`, () => {
      expect(() => checkSchedule(schedule, { size: 2, chunks: 1 })).toThrow(message)
    })
  }

  const otherGoals: readonly [string, Schedule, Collective, RegExp][] = [
    [
      'the sum of all as a gathered chunk',
      ringSchedule,
      'allGather',
      /has the contribution of rank/
    ],
    ['the sum of all as a broadcast', ringSchedule, 'broadcast', /has the contribution of rank/],
    ['a result scattered to everybody', ringSchedule, 'reduceScatter', /belongs to another/],
    ['a scattered result as everybody', ringReduceScatter, 'allReduce', /unfinished/],
    ['a gathered chunk as the sum', ringAllGather, 'allReduce', /lacks the contribution of rank/],
    ['a broadcast as gathered chunks', treeBroadcast, 'allGather', /contribution of rank/]
  ]
  for (const [name, schedule, collective, message] of otherGoals) {
    it(`does not take ${name}`, () => {
      expect(() => checkSchedule(schedule, { size: 4 }, collective)).toThrow(message)
    })
  }

  it('does not take a scattered chunk that another rank finished', () => {
    const shifted: Schedule = (rank, shape) =>
      ringReduceScatter(rank, { ...shape, owners: shape.owners.map((owner) => (owner + 1) % 4) })
    expect(() => checkSchedule(shifted, { size: 4 }, 'reduceScatter')).toThrow(/belongs to rank/)
  })
})
