import type { Aggregator } from './aggregator.ts'
import type { RuleOptions } from './rule.ts'
import { candidatesOf } from './weights.ts'
import { aggregateWindow } from './window.ts'

/** {@link median} */
export interface MedianRule extends RuleOptions {
  readonly name: 'median'
}

/**
 * The coordinate-wise median: in each coordinate the value in the middle, or the mean
 * of the two there.
 *
 * Breakdown point 1/2: as long as fewer than half of the contributions lie, each
 * coordinate of the result is between two honest values. What honest ones differ by
 * stays in it, so it errs more than a mean where nobody lies: with normal noise like a
 * mean of 2/π as many.
 *
 * Yin, Chen, Ramchandran & Bartlett, "Byzantine-robust distributed learning: towards
 * optimal statistical rates" (ICML 2018), definition 1.
 */
export function median(options: RuleOptions = {}): MedianRule {
  return { name: 'median', ...options }
}

export function createMedian(maxShare: number): Aggregator {
  return createWindowed(0.5, maxShare)
}

/** A rule that looks at each coordinate by itself: owners have to tell each other nothing. */
export function createWindowed(trim: number, maxShare: number): Aggregator {
  return {
    isCoordinatewise: true,
    *exchanges() {},
    aggregate(shard, start, out, excluded) {
      const candidates = candidatesOf(shard, start, start + out.length, maxShare)
      aggregateWindow(candidates, trim, out, excluded)
    }
  }
}
