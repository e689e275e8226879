import type { Algorithm, Collective } from '@daa-compute/interface'
import { describe, expect, it } from 'vitest'
import {
  ALGORITHMS,
  chunkRanges,
  scheduleOf,
  type SchedulePlan,
  shapeOf,
  stepsOf
} from '../src/schedule/algorithms.ts'
import { checkSchedule } from '../src/schedule/check.ts'
import { assertCodecFits, codecClassOf, codecUse } from '../src/schedule/codec-use.ts'
import { ScheduleError } from '../src/schedule/errors.ts'
import { partition, partitionByShares } from '../src/schedule/partition.ts'
import { createShape } from '../src/schedule/shape.ts'

const algorithms = Object.keys(ALGORITHMS) as Algorithm[]
const collectives: readonly Collective[] = [
  'allReduce',
  'reduceScatter',
  'allGather',
  'broadcast',
  'barrier'
]

function plan(given: Partial<Omit<SchedulePlan, 'members'>> & { size: number }): SchedulePlan {
  const { size, ...rest } = given
  const defaults = { algorithm: 'ring', collective: 'allReduce', clusters: [], shards: [], root: 0 }
  return { ...defaults, length: 100_000, ...rest, members: { length: size } } as SchedulePlan
}

/** The code of what is thrown. */
function codeOf(act: () => unknown): string {
  try {
    act()
  } catch (error) {
    if (error instanceof ScheduleError) return (error as ScheduleError).code
    return String(error)
  }
  return 'nothing thrown'
}

describe('plans', () => {
  it('are proved, whatever they are of', () => {
    for (const algorithm of algorithms) {
      for (const collective of collectives) {
        for (const size of [1, 2, 3, 6, 8]) {
          for (const length of collective === 'barrier' ? [1] : [0, 1, size, 1000, 100_000]) {
            const clusters = size === 6 ? [[0, 1, 5], [2, 3], [4]] : []
            const given = plan({ algorithm, collective, size, length, clusters, root: size - 1 })
            const shape = shapeOf(given)
            const goal = collective === 'barrier' ? 'allReduce' : collective
            checkSchedule(scheduleOf(given), shape, goal)
            const ranges = chunkRanges(given, shape)
            expect(ranges.length).toBe(shape.chunks)
            expect(ranges.at(0)?.start).toBe(0)
            expect(ranges.at(-1)?.end).toBe(length)
          }
        }
      }
    }
  })

  it('give rank r chunk r where the parts belong to ranks, however small', () => {
    for (const collective of ['reduceScatter', 'allGather'] as const) {
      const shape = shapeOf(plan({ collective, size: 5, length: 3 }))
      expect(shape.owners).toEqual([0, 1, 2, 3, 4])
    }
  })

  it('give a barrier one chunk of one element that everybody takes part in', () => {
    for (const algorithm of algorithms) {
      const given = plan({ algorithm, collective: 'barrier', size: 7, length: 1 })
      expect(chunkRanges(given, shapeOf(given))).toEqual([{ start: 0, end: 1 }])
      for (let rank = 0; rank < 7; rank++) expect(stepsOf(given, rank)).not.toEqual([])
    }
    expect(codeOf(() => shapeOf(plan({ collective: 'barrier', size: 2, length: 0 })))).toBe(
      'BAD_PLAN'
    )
  })

  it('cut small values into few chunks', () => {
    for (const algorithm of algorithms) {
      expect(shapeOf(plan({ algorithm, size: 16, length: 256 })).chunks).toBe(1)
      expect(shapeOf(plan({ algorithm, size: 16, length: 0 })).chunks).toBe(1)
    }
    expect(shapeOf(plan({ size: 16, length: 2049 })).chunks).toBe(9)
  })

  it('follow the sizes of shards, and leave out ranks without one', () => {
    const given = plan({ algorithm: 'direct', size: 4, length: 1000, shards: [2, 0, 1, 1] })
    const shape = shapeOf(given)
    expect(shape.owners).toEqual([0, 2, 3])
    expect(chunkRanges(given, shape)).toEqual([
      { start: 0, end: 500 },
      { start: 500, end: 750 },
      { start: 750, end: 1000 }
    ])
    const finishes = stepsOf(given, 1).filter(({ op }) => op === 'finish')
    expect(finishes).toEqual([])
  })

  it('deal the shards of unequal clusters evenly', () => {
    const equal = [
      [0, 1, 2],
      [3, 4, 5]
    ]
    expect(ALGORITHMS.hierarchical.chunks(6, equal)).toBe(6)
    const clusters = [[0, 1, 2], [3, 4], [5]]
    expect(ALGORITHMS.hierarchical.chunks(6, clusters)).toBe(18)
    // no more than four chunks for each rank, whatever the clusters
    const awkward = [Array.from({ length: 7 }, (_, r) => r), [7, 8, 9, 10, 11], [12, 13, 14]]
    expect(ALGORITHMS.hierarchical.chunks(15, awkward)).toBe(20 * 3)
    const lopsided = Array.from({ length: 257 }, (_, i) =>
      i < 256 ? [i] : Array.from({ length: 256 }, (_unused, r) => 256 + r)
    )
    expect(ALGORITHMS.hierarchical.chunks(512, lopsided)).toBeLessThanOrEqual(4 * 512)
  })

  it('that contradict themselves are refused', () => {
    const direct = { algorithm: 'direct', size: 3 } as const
    const bad: SchedulePlan[] = [
      plan({ size: 0 }),
      plan({ size: 3, collective: 'broadcast', root: 3 }),
      plan({ size: 3, collective: 'broadcast', root: -1 }),
      plan({ size: 3, collective: 'broadcast', root: 0.5 }),
      plan({ size: 3, algorithm: 'hierarchical', clusters: [[0, 1]] }),
      plan({
        size: 3,
        algorithm: 'hierarchical',
        clusters: [
          [0, 1],
          [1, 2]
        ]
      }),
      plan({
        size: 3,
        algorithm: 'hierarchical',
        clusters: [
          [0, 1],
          [2, 3]
        ]
      }),
      plan({ size: 3, algorithm: 'hierarchical', clusters: [[0, 1, 2], []] }),
      plan({ ...direct, shards: [1, 1] }),
      plan({ ...direct, shards: [0, 0, 0] }),
      plan({ ...direct, shards: [1, -1, 1] }),
      plan({ ...direct, shards: [1, Number.NaN, 1] }),
      plan({ ...direct, shards: [1, Number.POSITIVE_INFINITY, 1] }),
      plan({ ...direct, shards: [1e308, 1e308, 1] })
    ]
    for (const each of bad) {
      expect(
        codeOf(() => shapeOf(each)),
        JSON.stringify(each)
      ).toBe('BAD_PLAN')
    }
    expect(codeOf(() => createShape({ size: 2, chunks: 2, owners: [0] }))).toBe('BAD_PLAN')
    expect(codeOf(() => createShape({ size: 2, owners: [0, 2] }))).toBe('BAD_PLAN')
  })
})

describe('partition', () => {
  it('cuts into parts that differ by one at most', () => {
    expect(partition(7, 3)).toEqual([
      { start: 0, end: 3 },
      { start: 3, end: 5 },
      { start: 5, end: 7 }
    ])
    expect(partition(1, 2)).toEqual([
      { start: 0, end: 1 },
      { start: 1, end: 1 }
    ])
  })

  it('cuts by shares without a gap, whatever they are', () => {
    for (const shares of [[1], [1, 1e-9, 1], [0.1, 0.2, 0.7], [3, 1000, 7, 1], [1e-300, 1e300]]) {
      for (const length of [0, 1, 2, 999, 1_000_003]) {
        const ranges = partitionByShares(length, shares)
        expect(ranges.map(({ start }) => start)).toEqual([
          0,
          ...ranges.slice(0, -1).map(({ end }) => end)
        ])
        expect(ranges.at(-1)?.end).toBe(length)
        expect(ranges.every(({ start, end }) => start <= end)).toBe(true)
      }
    }
  })
})

describe('codecs', () => {
  it('are known by their names', () => {
    const classes = {
      float32: 'exact',
      'float32+zstd:3': 'exact',
      int8: 'dense',
      'int8+zstd:1': 'dense',
      int4: 'dense',
      float16: 'dense',
      bfloat16: 'dense',
      'topk:0.01': 'sparse',
      'randomk:0.1': 'sparse',
      'threshold:0.5+lz4': 'sparse',
      sparse: 'exact',
      'sparse+snappy': 'exact',
      sign: 'dense',
      'powersgd:2': 'exact',
      'delta:float32+zstd:1': 'dense',
      'delta:int8': 'dense',
      'delta:topk:0.01': 'sparse',
      'something-new': 'dense'
    }
    for (const [name, expected] of Object.entries(classes)) {
      expect(codecClassOf(name), name).toBe(expected)
    }
    expect(codecClassOf('something-new', true)).toBe('exact')
    expect(codecClassOf('topk:1', true)).toBe('sparse')
  })

  it('are refused where partial sums would have to be encoded that cannot be', () => {
    for (const algorithm of ['ring', 'tree', 'butterfly', 'hierarchical'] as const) {
      for (const codec of ['topk:0.01', 'delta:topk:0.01']) {
        const act = (): void => assertCodecFits(algorithm, 'allReduce', codec)
        expect(codeOf(act)).toBe('CODEC_MISFIT')
        expect(act).toThrow(codec)
        expect(act).toThrow(algorithm)
        expect(act).toThrow('use the algorithm direct')
      }
    }
  })

  it('fit direct, and everything that sends only finished values', () => {
    for (const codec of ['float32', 'int8', 'topk:0.01', 'delta:topk:0.01']) {
      assertCodecFits('direct', 'allReduce', codec)
      for (const algorithm of algorithms) {
        assertCodecFits(algorithm, 'broadcast', codec)
        assertCodecFits(algorithm, 'allGather', codec)
      }
    }
    expect(codecUse('direct', 'allReduce', 'dense')).toBe('once')
    expect(codecUse('ring', 'allReduce', 'dense')).toBe('requantized')
    expect(codecUse('ring', 'broadcast', 'dense')).toBe('once')
  })
})

describe('what is known of plans', () => {
  it('is what would be found anew, however many plans there were', () => {
    for (let round = 0; round < 2; round++) {
      for (let length = 1; length < 400; length++) {
        for (const collective of ['allReduce', 'reduceScatter', 'broadcast'] as const) {
          const given = plan({ size: 2 + (length % 7), length: length * 300, collective, root: 1 })
          const steps = stepsOf(given, 1)
          expect(steps).toEqual(scheduleOf(given)(1, createShape(shapeOf(given))))
          expect(stepsOf({ ...given }, 1)).toEqual(steps)
        }
      }
    }
  })

  it('is not taken for that of a plan that only looks alike', () => {
    const clusters = [
      [0, 1],
      [2, 3]
    ]
    const hierarchical = plan({ size: 4, algorithm: 'hierarchical' })
    expect(shapeOf(hierarchical).clusters).toEqual([[0, 1, 2, 3]])
    expect(shapeOf({ ...hierarchical, clusters }).clusters).toEqual(clusters)
    for (const bad of [[[]], [[0, 1, 2, 3], []], [[0, 1], [2]]]) {
      expect(codeOf(() => shapeOf({ ...hierarchical, clusters: bad }))).toBe('BAD_PLAN')
    }
    const direct = plan({ size: 4, algorithm: 'direct' })
    expect(shapeOf(direct).owners).toEqual([0, 1, 2, 3])
    expect(shapeOf({ ...direct, shards: [0, 1, 0, 1] }).owners).toEqual([1, 3])
    expect(shapeOf(plan({ size: 4, collective: 'barrier', length: 1 })).chunks).toBe(1)
    expect(codeOf(() => shapeOf(plan({ size: 4, collective: 'barrier', length: 2 })))).toBe(
      'BAD_PLAN'
    )
  })
})
