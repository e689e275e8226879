import { describe, expect, it } from 'vitest'
import {
  aggregate as aggregateHere,
  type AggregationRule,
  centeredClip,
  krum,
  median,
  multiKrum,
  trimmedMean
} from '../src/index.ts'
import type { Shard } from '../src/rules/aggregator.ts'
import { checkRule } from '../src/rules/checked-rule.ts'
import { pairIndex } from '../src/rules/distances.ts'
import { sortingNetwork } from '../src/rules/sorting-network.ts'
import { cappedShares } from '../src/rules/weights.ts'
import { type Draw, seeded } from './seeded.ts'

interface Aggregated {
  readonly result: Float32Array
  readonly excluded: Float64Array
}

/** Applies a rule over whole vectors that are cut into shards of any sizes, empty ones too. */
function aggregate(
  rule: AggregationRule | 'median',
  rows: readonly Float32Array[],
  weights: readonly number[] = rows.map(() => 1),
  bounds: readonly number[] = [0, rows[0]!.length]
): Aggregated {
  const size = rows.length
  const length = rows[0]!.length
  const shards = Array.from({ length: size }, (_, rank): Shard => {
    const [start, end] = [bounds[rank] ?? length, bounds[rank + 1] ?? length]
    if (start === end) return { rows: [], weights: [] }
    return { rows: rows.map((row) => row.subarray(start, end)), weights }
  })
  const checked = checkRule(rule)
  const aggregators = shards.map(() => checked.create(size))
  const running = aggregators.map((own, rank) => own.exchanges(shards[rank]!))
  for (let steps = running.map((own) => own.next()); steps.every(({ done }) => done !== true);) {
    const all = steps.map(({ value }) => value as Float64Array)
    steps = running.map((own) => own.next(all))
  }
  const result = new Float32Array(length)
  const excluded = new Float64Array(size)
  for (const [rank, own] of aggregators.entries()) {
    const [start, end] = [bounds[rank] ?? length, bounds[rank + 1] ?? length]
    if (start < end) own.aggregate(shards[rank]!, 0, result.subarray(start, end), excluded)
  }
  return { result, excluded }
}

/** Normal noise, by the sum of uniform draws. */
function noise(draw: Draw, length: number): Float32Array {
  const one = (): number =>
    Array.from({ length: 12 }, () => draw(1e6) / 1e6).reduce((a, b) => a + b)
  return Float32Array.from({ length }, () => one() - 6)
}

const LIES: readonly ((draw: Draw, honest: readonly Float32Array[]) => Float32Array)[] = [
  (draw, [first]) => first!.map(() => (draw(2) - 0.5) * 6e38),
  (_, [first]) => first!.map(() => -3.4e38),
  (_, [first]) => first!.map((value) => -value * 10),
  (_, [first]) => first!.map((value) => value + 0.3),
  (_, [first]) => first!.map(() => 0),
  // as far out as the farthest honest value
  (_, honest) => honest[0]!.map((_value, i) => Math.max(...honest.map((row) => row[i]!)))
]

function shuffled<T>(draw: Draw, items: readonly T[]): T[] {
  return items
    .map((item) => ({ item, key: draw(2 ** 30) }))
    .toSorted((a, b) => a.key - b.key)
    .map(({ item }) => item)
}

const distance = (a: Float32Array, b: Float32Array): number =>
  Math.sqrt(a.reduce((sum, value, i) => sum + (value - b[i]!) ** 2, 0))

const meanOf = (rows: readonly Float32Array[]): Float32Array =>
  rows[0]!.map((_, i) => rows.reduce((sum, row) => sum + row[i]!, 0) / rows.length)

describe('a sorting network', () => {
  it('sorts all sequences of zeros and ones, and so everything, up to 12 items', () => {
    for (let size = 0; size <= 12; size++) {
      const network = sortingNetwork(size)
      for (let bits = 0; bits < 2 ** size; bits++) {
        const items = Array.from({ length: size }, (_, i) => (bits >> i) & 1)
        for (const [low, high] of network) {
          const [a, b] = [items[low]!, items[high]!]
          items[low] = Math.min(a, b)
          items[high] = Math.max(a, b)
        }
        expect(items.every((item, i) => i === 0 || items[i - 1]! <= item)).toBe(true)
      }
    }
  })
})

describe('capped shares', () => {
  it('add up to 1, keep to the cap and the order, and leave those below it in proportion', () => {
    for (let seed = 0; seed < 300; seed++) {
      const draw = seeded(seed)
      const weights = Array.from({ length: 1 + draw(12) }, () => draw(5) * draw(1000))
      weights[0] = 1 + draw(9)
      const cap = (1 + draw(100)) / 100
      const shares = cappedShares(weights, cap)
      const count = weights.filter((weight) => weight > 0).length
      const limit = Math.max(cap, 1 / count)
      expect(
        shares.reduce((a, b) => a + b),
        `seed ${seed}`
      ).toBeCloseTo(1, 9)
      for (const [i, share] of shares.entries()) {
        expect(share > 0, `seed ${seed}`).toBe(weights[i]! > 0)
        expect(share, `seed ${seed}`).toBeLessThanOrEqual(limit + 1e-9)
        for (const [j, other] of shares.entries()) {
          if (weights[i]! <= weights[j]!) expect(share).toBeLessThanOrEqual(other + 1e-12)
          const isCapped = share > limit - 1e-9 || other > limit - 1e-9
          if (!isCapped && other > 0)
            expect(share / other).toBeCloseTo(weights[i]! / weights[j]!, 6)
        }
      }
    }
  })

  it('are equal unless a cap is given that leaves room', () => {
    expect(cappedShares([1, 1000, 0, 3], 0)).toEqual([1 / 3, 1 / 3, 0, 1 / 3])
    expect(cappedShares([1, 1000], 0.5)).toEqual([0.5, 0.5])
    expect(cappedShares([1, 3], 1)).toEqual([0.25, 0.75])
  })
})

describe('the median', () => {
  it('is that of a sorted list, in each coordinate', () => {
    for (let size = 1; size <= 17; size++) {
      const draw = seeded(size)
      const rows = Array.from({ length: size }, () => noise(draw, 1030))
      const { result } = aggregate('median', rows)
      for (const [i, value] of result.entries()) {
        const sorted = rows.map((row) => row[i]!).toSorted((a, b) => a - b)
        const [low, high] = [sorted[(size - 1) >> 1]!, sorted[size >> 1]!]
        expect(value, `size ${size}, index ${i}`).toBe(Math.fround((low + high) / 2))
      }
    }
  })

  it('counts weights up to their cap', () => {
    const rows = [1, 2, 9].map((value) => Float32Array.of(value))
    expect(aggregate(median(), rows, [1, 1, 1000]).result[0]).toBe(2)
    expect(aggregate(median({ maxWeightShare: 0.4 }), rows, [1, 1, 1000]).result[0]).toBe(2)
    expect(aggregate(median({ maxWeightShare: 1 }), rows, [1, 1, 1000]).result[0]).toBe(9)
    // two sides of equal weight
    expect(aggregate(median({ maxWeightShare: 0.5 }), rows, [1, 1, 1000]).result[0]).toBe(5.5)
    expect(aggregate(median(), rows, [1, 0, 1]).result[0]).toBe(5)
  })
})

describe('the trimmed mean', () => {
  it('leaves out the share at either end, and counts what lies across the edge in part', () => {
    const rows = [5, 1, 4, 100, 2].map((value) => Float32Array.of(value))
    const trimmed = (fraction: number, weights?: number[]): number =>
      aggregate(trimmedMean({ fraction, maxWeightShare: 1 }), rows, weights).result[0]!
    expect(trimmed(0)).toBeCloseTo(112 / 5, 5)
    expect(trimmed(0.2)).toBeCloseTo(11 / 3, 5)
    expect(trimmed(0.3)).toBeCloseTo((0.5 * 2 + 4 + 0.5 * 5) / 2, 5)
    expect(trimmed(0.4)).toBe(4)
    expect(trimmed(0.45)).toBe(4)
    // 2 of 7 at either end: 1 and half of 2; half of 5 and 100
    expect(trimmed(2 / 7, [1, 1, 1, 2, 2])).toBeCloseTo((2 + 4 + 5) / 3, 5)
  })

  it('is the same by both of its ways', () => {
    for (let seed = 0; seed < 40; seed++) {
      const draw = seeded(seed)
      const rows = Array.from({ length: 1 + draw(9) }, () => noise(draw, 30))
      const fraction = draw(50) / 100
      const equal = aggregate(trimmedMean({ fraction }), rows)
      // a weight that hardly differs makes it go one by one
      const weights = rows.map((_, rank) => (rank === 0 ? 1 + 1e-7 : 1))
      const other = aggregate(trimmedMean({ fraction, maxWeightShare: 1 }), rows, weights)
      for (const [i, value] of equal.result.entries()) {
        expect(other.result[i], `seed ${seed}`).toBeCloseTo(value, 4)
      }
    }
  })
})

describe('Krum', () => {
  it('takes what has the least distances to its nearest, by a naive reckoning', () => {
    for (let seed = 0; seed < 60; seed++) {
      const draw = seeded(seed)
      const liars = draw(4)
      const size = 2 * liars + 3 + draw(4)
      const kept = 1 + draw(size - liars)
      const rows = Array.from({ length: size }, () => noise(draw, 50))
      const { result, excluded } = aggregate(multiKrum({ liars, kept }), rows)
      const scores = rows.map((row) =>
        rows
          .filter((other) => other !== row)
          .map((other) => distance(row, other) ** 2)
          .toSorted((a, b) => a - b)
          .slice(0, size - liars - 2)
          .reduce((a, b) => a + b)
      )
      const order = [...rows.keys()].toSorted((a, b) => scores[a]! - scores[b]!)
      const chosen = order.slice(0, kept).toSorted((a, b) => a - b)
      const expected = meanOf(chosen.map((rank) => rows[rank]!))
      expect(distance(result, expected), `seed ${seed}`).toBeLessThan(1e-4)
      expect([...excluded].flatMap((count, rank) => (count === 0 ? [rank] : []))).toEqual(chosen)
    }
  })

  it('numbers pairs one after the other', () => {
    let next = 0
    for (let i = 0; i < 7; i++)
      for (let j = i + 1; j < 7; j++) expect(pairIndex(7, i, j)).toBe(next++)
    expect(pairIndex(7, 4, 2)).toBe(pairIndex(7, 2, 4))
  })
})

describe('centered clipping', () => {
  it('is the mean where nothing is clipped, and moves by little for what is far away', () => {
    const draw = seeded(3)
    const rows = Array.from({ length: 6 }, () => noise(draw, 40))
    const wide = aggregate(centeredClip({ radius: 1e6, iterations: 1 }), rows)
    expect(distance(wide.result, meanOf(rows))).toBeLessThan(1e-4)
    expect([...wide.excluded]).toEqual([0, 0, 0, 0, 0, 0])
    const start = aggregate('median', rows).result
    const narrow = aggregate(centeredClip({ radius: 0.25, iterations: 2 }), rows)
    expect(distance(narrow.result, start)).toBeLessThanOrEqual(0.5)
    const centre = Float32Array.of(1, 2)
    expect([...aggregate(centeredClip(), [centre, centre, centre]).result]).toEqual([1, 2])
  })

  it('keeps liars to their share of the radius in each iteration', () => {
    for (let seed = 0; seed < 40; seed++) {
      const draw = seeded(seed)
      const honest = Array.from({ length: 7 }, () => noise(draw, 60))
      const radius = 1 + draw(10)
      const lie = LIES[draw(2)]!
      const rows = [...honest, lie(draw, honest), lie(draw, honest)]
      const start = aggregate('median', rows).result
      const { result } = aggregate(centeredClip({ radius, iterations: 1 }), rows)
      // what the honest ones alone make of the same start
      const alone = start.map((value, i) => {
        const moves = honest.map((row) => {
          const factor = Math.min(1, radius / distance(row, start))
          return factor * (row[i]! - value)
        })
        return value + moves.reduce((a, b) => a + b) / rows.length
      })
      expect(distance(result, alone), `seed ${seed}`).toBeLessThanOrEqual((2 / 9) * radius + 1e-4)
    }
  })
})

const RULES: readonly (readonly [string, AggregationRule, number, number])[] = [
  // rule, members, liars it has to withstand
  ['median', median(), 9, 4],
  ['median', median(), 5, 1],
  ['trimmedMean', trimmedMean({ fraction: 0.3 }), 10, 3],
  ['krum', krum({ liars: 3 }), 9, 3],
  ['multiKrum', multiKrum({ liars: 2, kept: 4 }), 9, 2],
  ['centeredClip', centeredClip(), 9, 4]
]

describe.each(RULES)('%s', (name, rule, size, liars) => {
  it(`stays with the honest ones with ${liars} liars of ${size}, whatever they say`, () => {
    for (let seed = 0; seed < 60; seed++) {
      const draw = seeded(seed)
      const truth = noise(draw, 40)
      const honest = Array.from({ length: size - liars }, () =>
        noise(draw, 40).map((value, i) => truth[i]! + value * 0.1)
      )
      const lie = LIES[seed % LIES.length]!
      const lies = Array.from({ length: liars }, () => lie(draw, honest))
      const { result } = aggregate(rule, shuffled(draw, [...honest, ...lies]))
      const what = `seed ${seed}`
      if (name === 'median' || name === 'trimmedMean') {
        for (const [i, value] of result.entries()) {
          const values = honest.map((row) => row[i]!)
          expect(value, what).toBeGreaterThanOrEqual(Math.min(...values) - 1e-6)
          expect(value, what).toBeLessThanOrEqual(Math.max(...values) + 1e-6)
        }
      }
      const farthest = Math.max(...honest.map((row) => distance(row, truth)))
      expect(distance(result, truth), what).toBeLessThan(3 * farthest)
    }
  })

  it('makes the same of contributions in any order, and of shards of any size', () => {
    for (let seed = 0; seed < 30; seed++) {
      const draw = seeded(seed)
      const rows = Array.from({ length: size }, () => noise(draw, 70))
      const bounds = Array.from({ length: size - 1 }, () => draw(71)).toSorted((a, b) => a - b)
      const first = aggregate(rule, rows)
      const order = shuffled(draw, [...rows.keys()])
      const second = aggregate(
        rule,
        order.map((rank) => rows[rank]!),
        undefined,
        [0, ...bounds]
      )
      expect(distance(first.result, second.result), `seed ${seed}`).toBeLessThan(1e-5)
      for (const [to, from] of order.entries()) {
        expect(second.excluded[to], `seed ${seed}`).toBeCloseTo(first.excluded[from]!, 4)
      }
    }
  })

  it('is what it is without a network, too', () => {
    const draw = seeded(4)
    const rows = Array.from({ length: size }, () => noise(draw, 33))
    const { result, excluded } = aggregate(rule, rows, undefined, [0, 7, 20])
    const here = aggregateHere(rows, rule)
    expect(distance(here.values, result)).toBeLessThan(1e-5)
    for (const [rank, count] of excluded.entries()) {
      expect(here.excluded[rank]).toBeCloseTo(count / 33, 5)
    }
    expect(
      aggregateHere(
        [...rows.keys()].map(() => new Float32Array(0)),
        rule
      ).values.length
    ).toBe(0)
  })

  it('follows a majority that lies together: nobody could tell', () => {
    const draw = seeded(1)
    const few = (size - 1) >> 1
    const honest = Array.from({ length: few }, () => noise(draw, 40))
    const lies = Array.from({ length: size - few }, () => honest[0]!.map(() => 1e6))
    expect(distance(aggregate(rule, [...honest, ...lies]).result, honest[0]!)).toBeGreaterThan(1e6)
  })

  it('leaves out who brings weight 0', () => {
    const draw = seeded(2)
    const rows = Array.from({ length: size + 1 }, () => noise(draw, 20))
    const weights = rows.map((_, rank) => (rank === 1 ? 0 : 1))
    const expected = aggregate(
      rule,
      rows.filter((_, rank) => rank !== 1)
    )
    const { result } = aggregate(rule, rows, weights)
    expect(distance(result, expected.result)).toBeLessThan(1e-5)
  })
})

describe('aggregating without a network', () => {
  it('refuses contributions that do not fit together, and too few', () => {
    const one = Float32Array.of(1)
    expect(() => aggregateHere([], 'median')).toThrow(RangeError)
    expect(() => aggregateHere([one, Float32Array.of(1, 2)], 'median')).toThrow(RangeError)
    expect(() => aggregateHere([one, one], 'median', [1])).toThrow(RangeError)
    expect(() => aggregateHere([one, one], krum({ liars: 1 }))).toThrow(
      expect.objectContaining({ code: 'TOO_FEW_FOR_RULE' })
    )
    expect(() => aggregateHere([one, one], 'median', [0, 0])).toThrow('weights are 0')
  })
})

describe('a rule', () => {
  it.each<[unknown, string]>([
    [trimmedMean({ fraction: 0.5 }), 'fraction is at least 0 and less than 0.5, not 0.5'],
    [trimmedMean({ fraction: Number.NaN }), 'fraction'],
    [trimmedMean({ fraction: -0.1 }), 'fraction'],
    [krum({ liars: -1 }), 'liars is a whole number from 0'],
    [krum({ liars: 1.5 }), 'liars'],
    [multiKrum({ liars: 1, kept: 0 }), 'kept is a whole number from 1'],
    [centeredClip({ radius: 0 }), 'radius is finite and more than 0, not 0'],
    [centeredClip({ radius: Infinity }), 'radius'],
    [centeredClip({ iterations: 0 }), 'iterations is from 1 to 32, not 0'],
    [centeredClip({ iterations: 33 }), 'iterations'],
    [median({ maxWeightShare: 0 }), 'maxWeightShare is more than 0 and at most 1, not 0'],
    [median({ maxWeightShare: 1.5 }), 'maxWeightShare'],
    [{ name: 'mode' }, 'there is no such rule']
  ])('%j is refused: %s', (rule, reason) => {
    expect(() => checkRule(rule as AggregationRule)).toThrow(
      expect.objectContaining({ code: 'BAD_RULE', message: expect.stringContaining(reason) })
    )
  })

  it('is told from all others by its text', () => {
    const rules: AggregationRule[] = [
      median(),
      median({ maxWeightShare: 0.5 }),
      trimmedMean({ fraction: 0.1 }),
      trimmedMean({ fraction: 0.2 }),
      krum({ liars: 1 }),
      krum({ liars: 2 }),
      multiKrum({ liars: 1, kept: 2 }),
      centeredClip(),
      centeredClip({ radius: 1 }),
      centeredClip({ iterations: 1 })
    ]
    expect(new Set(rules.map((rule) => checkRule(rule).text)).size).toBe(rules.length)
    expect(checkRule('median').text).toBe(checkRule(median()).text)
    expect(checkRule(multiKrum({ liars: 1, kept: 1 })).text).toBe(
      checkRule(krum({ liars: 1 })).text
    )
  })
})
