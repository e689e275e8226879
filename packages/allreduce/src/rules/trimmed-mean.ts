import type { Aggregator } from './aggregator.ts'
import { createWindowed } from './median.ts'
import type { RuleOptions } from './rule.ts'

/** {@link trimmedMean} */
export interface TrimmedMeanRule extends RuleOptions {
  readonly name: 'trimmedMean'
  /** What is left out at either end of each coordinate, as a share of all: in [0, 0.5). */
  readonly fraction: number
}

/**
 * The coordinate-wise trimmed mean: in each coordinate the mean of what is left without
 * the `fraction` of the largest and that of the smallest values. Where that is no whole
 * number of them, the next one counts in part.
 *
 * Breakdown point `fraction`: as long as no more than that share of the contributions
 * lies, each coordinate of the result is between two honest values.
 *
 * Yin, Chen, Ramchandran & Bartlett, "Byzantine-robust distributed learning: towards
 * optimal statistical rates" (ICML 2018), definition 2.
 */
export function trimmedMean(options: Omit<TrimmedMeanRule, 'name'>): TrimmedMeanRule {
  return { name: 'trimmedMean', ...options }
}

export function createTrimmedMean({ fraction }: TrimmedMeanRule, maxShare: number): Aggregator {
  return createWindowed(fraction, maxShare)
}
