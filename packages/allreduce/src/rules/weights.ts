import { AttemptFailure } from '../executor/attempt-failure.ts'
import type { Candidates, Shard } from './aggregator.ts'

/**
 * Shares of the whole weight, of which none is over `maxShare`: weights are cut off
 * at the level at which the heaviest have just that share of what is left. Those that
 * cannot all stay below it get equal shares.
 *
 * @param weights at least 0, not all of them 0
 * @returns at least 0; they add up to 1
 */
export function cappedShares(weights: readonly number[], maxShare: number): number[] {
  const positive = weights.filter((weight) => weight > 0).toSorted((a, b) => b - a)
  if (maxShare * positive.length <= 1) {
    return weights.map((weight) => (weight > 0 ? 1 / positive.length : 0))
  }
  let rest = positive.reduce((sum, weight) => sum + weight, 0)
  let level = Infinity
  for (const [cut, weight] of positive.entries()) {
    // with `cut` weights at the level L: L = maxShare (cut L + rest)
    if (weight <= maxShare * rest + maxShare * cut * weight) break
    rest -= weight
    level = (maxShare * rest) / (1 - maxShare * (cut + 1))
  }
  const capped = weights.map((weight) => Math.min(weight, level))
  const total = capped.reduce((sum, weight) => sum + weight, 0)
  return capped.map((weight) => weight / total)
}

/**
 * The part from `start` to before `end` of the contributions that count.
 *
 * @throws {AttemptFailure} when none does
 */
export function candidatesOf(
  { rows, weights }: Shard,
  start: number,
  end: number,
  maxShare: number
): Candidates {
  const ranks = countingRanks(weights)
  const shares = cappedShares(weights, maxShare)
  return {
    ranks,
    rows: ranks.map((rank) => (rows[rank] as Float32Array).subarray(start, end)),
    shares: ranks.map((rank) => shares[rank] as number)
  }
}

/** @throws {AttemptFailure} when no weight is more than 0 */
export function countingRanks(weights: readonly number[]): number[] {
  const ranks = [...weights.keys()].filter((rank) => (weights[rank] as number) > 0)
  if (ranks.length === 0) throw new AttemptFailure('all weights are 0: there is nothing to choose')
  return ranks
}

/** Weights as this rank has seen them, for the others: one more each, and 0 for none at all. */
export function weightsSeen({ weights }: Shard, size: number): number[] {
  return Array.from({ length: size }, (_, rank) => (weights[rank] ?? -1) + 1)
}

/**
 * By rank, what most owners have seen, the lower median: a contributor that tells them
 * different weights, or an owner that makes them up, decides nothing by itself.
 *
 * @param seen by owner, {@link weightsSeen} first
 */
export function agreedWeights(seen: readonly Float64Array[], size: number): number[] {
  const owners = seen.filter((views) => views[0] !== 0)
  return Array.from({ length: size }, (_, rank) => {
    const views = owners.map((view) => view[rank] as number).toSorted((a, b) => a - b)
    return Math.max(0, (views[(views.length - 1) >> 1] ?? 0) - 1)
  })
}

/** Sums over owners, in the order of ranks, from index `from` on. */
export function sumOver(all: readonly Float64Array[], from: number): Float64Array {
  const [first = new Float64Array(from)] = all
  const sums = new Float64Array(first.length - from)
  for (const part of all) {
    for (let i = 0; i < sums.length; i++) {
      sums[i] = (sums[i] as number) + (part[from + i] as number)
    }
  }
  return sums
}
