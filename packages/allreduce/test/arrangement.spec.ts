import type { Algorithm, PlanMember } from '@daa-compute/interface'
import { describe, expect, it } from 'vitest'
import { arrange, type Pair } from '../src/round/consensus/arrangement.ts'
import { pairsOf } from '../src/round/attempt/derive-plan.ts'
import { memberOf, REQUEST } from './round-fixtures.ts'
import { seeded } from './seeded.ts'

type Broken = ReadonlySet<string>

const linkOf = (a: number, b: number): string => [Math.min(a, b), Math.max(a, b)].join()

/** The pairs that an algorithm uses in a group. */
function pairsBy(algorithm: Algorithm): (members: readonly number[]) => readonly Pair[] {
  return (group) =>
    pairsOf(
      group.map((index): PlanMember => memberOf(index)),
      REQUEST,
      (members) => ({
        algorithm,
        clusters: algorithm === 'hierarchical' ? halvesOf(members.length) : [],
        shards: algorithm === 'direct' ? members.map(() => 1) : [],
        segmentLength: 16
      })
    )
}

function halvesOf(size: number): number[][] {
  const ranks = Array.from({ length: size }, (_, rank) => rank)
  const half = Math.ceil(size / 2)
  return [ranks.slice(0, half), ranks.slice(half)].filter((cluster) => cluster.length > 0)
}

function usesBroken(order: readonly number[], pairs: readonly Pair[], broken: Broken): boolean {
  return pairs.some(([a, b]) => broken.has(linkOf(order[a] ?? -1, order[b] ?? -1)))
}

function* permutations(items: readonly number[]): Generator<readonly number[]> {
  if (items.length === 0) yield []
  for (const [index, first] of items.entries()) {
    for (const rest of permutations(items.toSpliced(index, 1))) yield [first, ...rest]
  }
}

function linksOf(size: number): string[] {
  const links: string[] = []
  for (let a = 0; a < size; a++) for (let b = a + 1; b < size; b++) links.push(linkOf(a, b))
  return links
}

/** An order exists exactly if everybody stays, and none uses a broken link. */
function expectBest(size: number, algorithm: Algorithm, broken: Broken): void {
  const members = Array.from({ length: size }, (_, i) => i)
  const isBroken = (a: number, b: number): boolean => broken.has(linkOf(a, b))
  const pairs = pairsBy(algorithm)
  const order = arrange(members, isBroken, pairs)
  const what = `${algorithm} of ${size} without ${[...broken].join(' ')}: ${order.join()}`
  expect(order.length, what).toBeGreaterThanOrEqual(1)
  expect(new Set(order).size, what).toBe(order.length)
  expect(usesBroken(order, pairs(order), broken), what).toBe(false)
  if (order.length === size) return
  const all = pairs(members)
  for (const other of permutations(members)) {
    expect(usesBroken(other, all, broken), `${what}, but ${other.join()} would do`).toBe(true)
  }
}

const ALGORITHMS = ['ring', 'tree', 'butterfly', 'hierarchical', 'direct'] as const

describe('the arrangement of a group', () => {
  it('leaves everybody where they are as long as no link in use is broken', () => {
    const members = [4, 2, 0, 3, 1]
    const broken = new Set([linkOf(4, 0)])
    const isBroken = (a: number, b: number): boolean => broken.has(linkOf(a, b))
    expect(arrange(members, () => false, pairsBy('ring'))).toEqual(members)
    expect(arrange(members, isBroken, pairsBy('ring'))).toEqual(members)
  })

  it.each(ALGORITHMS)('avoids any broken links of 4 where an order exists (%s)', (algorithm) => {
    const links = linksOf(4)
    for (let mask = 0; mask < 2 ** links.length; mask++) {
      expectBest(4, algorithm, new Set(links.filter((_, i) => (mask >> i) & 1)))
    }
  })

  it.each(ALGORITHMS)('and any of 5 (%s)', (algorithm) => {
    const links = linksOf(5)
    for (let mask = 0; mask < 2 ** links.length; mask++) {
      expectBest(5, algorithm, new Set(links.filter((_, i) => (mask >> i) & 1)))
    }
  })

  it.each(ALGORITHMS)('and up to two of 6, and others at random (seed 6) (%s)', (algorithm) => {
    const links = linksOf(6)
    for (const a of links) for (const b of links) expectBest(6, algorithm, new Set([a, b]))
    const draw = seeded(6)
    for (let i = 0; i < 60; i++) {
      expectBest(6, algorithm, new Set(links.filter(() => draw(3) === 0)))
    }
  })

  it('drops who has lost most, and of equals the last', () => {
    const cut = (...lost: readonly number[]) => {
      return (a: number, b: number) => a !== b && (lost.includes(a) || lost.includes(b))
    }
    expect(arrange([0, 1, 2, 3], cut(1), pairsBy('ring'))).toEqual([0, 2, 3])
    expect(arrange([0, 1, 2], () => true, pairsBy('ring'))).toEqual([0])
    expect(arrange([0, 1], (a, b) => a !== b, pairsBy('ring'))).toEqual([0])
  })

  it('is the same for all who know the same', () => {
    const draw = seeded(11)
    const links = linksOf(8)
    for (let i = 0; i < 20; i++) {
      const broken = new Set(links.filter(() => draw(4) === 0))
      const once = (): readonly number[] =>
        arrange(
          Array.from({ length: 8 }, (_, index) => index),
          (a, b) => broken.has(linkOf(a, b)),
          pairsBy('ring')
        )
      expect(once()).toEqual(once())
    }
  })
})
