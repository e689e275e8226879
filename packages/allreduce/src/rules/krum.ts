import { AttemptFailure } from '../executor/attempt-failure.ts'
import type { Aggregator, Exchanges, Shard } from './aggregator.ts'
import { combineRows, pairDistances, pairIndex } from './distances.ts'
import type { RuleOptions } from './rule.ts'
import { agreedWeights, cappedShares, countingRanks, sumOver, weightsSeen } from './weights.ts'

/** {@link krum}, {@link multiKrum} */
export interface KrumRule extends RuleOptions {
  readonly name: 'krum'
  /** How many contributions may lie: a whole number from 0. */
  readonly liars: number
  /** How many are taken, the best ones: a whole number from 1. */
  readonly kept: number
}

/**
 * Krum: the one contribution that has the least sum of squared distances to its
 * n - `liars` - 2 nearest others.
 *
 * Withstands `liars` of n >= 2 `liars` + 3 contributions: what it takes then has a
 * majority of honest ones about it. Fewer members are told `TOO_FEW_FOR_RULE`. The
 * result is a single contribution, as noisy as that is. Of equals the first in the order of
 * ranks is taken.
 *
 * Distances are those of whole vectors: each owner of a shard has everybody's part of
 * it, tells all others the squared distances there, and everybody adds them up in the
 * order of ranks; so all choose the same. A distance that an owner makes up cannot hide
 * what the honest owners see, as none is negative; but one that is large enough keeps
 * out whom it likes. So a *lying owner* can choose among the contributions.
 *
 * Blanchard, El Mhamdi, Guerraoui & Stainer, "Machine learning with adversaries:
 * Byzantine tolerant gradient descent" (NIPS 2017), section 4.
 */
export function krum(options: Omit<KrumRule, 'name' | 'kept'>): KrumRule {
  return { ...options, name: 'krum', kept: 1 }
}

/**
 * Multi-Krum: the mean of the `kept` contributions that {@link krum} would sooner take
 * than the others. More of them mean less noise; no more than the honest ones, n -
 * `liars`, may be kept. The same paper.
 */
export function multiKrum(options: Omit<KrumRule, 'name'>): KrumRule {
  return { ...options, name: 'krum' }
}

/** Least members that the guarantee of {@link krum} takes. */
export function neededForKrum({ liars, kept }: KrumRule): number {
  return Math.max(2 * liars + 3, liars + kept)
}

/** Shares of the result by rank; 0 for those not chosen. The same wherever the same is known. */
export function selectByKrum(
  rule: KrumRule,
  weights: readonly number[],
  squared: Float64Array,
  maxShare: number
): number[] {
  const size = weights.length
  const ranks = countingRanks(weights)
  const needed = neededForKrum(rule)
  if (ranks.length < needed) {
    throw new AttemptFailure(
      `${ranks.length} contributions have a weight, and Krum with ${rule.liars} liars takes ${needed}`
    )
  }
  const near = ranks.length - rule.liars - 2
  const scored = ranks.map((rank) => {
    const distances = ranks
      .filter((other) => other !== rank)
      .map((other) => squared[pairIndex(size, rank, other)] as number)
    const score = distances
      .toSorted((a, b) => a - b)
      .slice(0, near)
      .reduce((sum, distance) => sum + distance, 0)
    return { rank, score }
  })
  const best = scored.toSorted((a, b) => a.score - b.score || a.rank - b.rank).slice(0, rule.kept)
  const chosen = new Set(best.map(({ rank }) => rank))
  return cappedShares(
    weights.map((weight, rank) => (chosen.has(rank) ? weight : 0)),
    maxShare
  )
}

export function createKrum(rule: KrumRule, size: number, maxShare: number): Aggregator {
  let shares: readonly number[] = []
  return {
    isCoordinatewise: false,
    *exchanges(shard: Shard): Exchanges {
      const pairs = new Float64Array((size * (size - 1)) / 2)
      pairDistances(shard.rows, pairs)
      const all = yield Float64Array.from([...weightsSeen(shard, size), ...pairs])
      shares = selectByKrum(rule, agreedWeights(all, size), sumOver(all, size), maxShare)
    },
    aggregate({ rows }, start, out, excluded) {
      const chosen = [...shares.keys()].filter((rank) => (shares[rank] as number) > 0)
      combineRows(
        chosen.map((rank) => (rows[rank] as Float32Array).subarray(start, start + out.length)),
        chosen.map((rank) => shares[rank] as number),
        out
      )
      for (const [rank, share] of shares.entries()) {
        if (share === 0) excluded[rank] = (excluded[rank] as number) + out.length
      }
    }
  }
}
