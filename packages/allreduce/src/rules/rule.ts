import type { CenteredClipRule } from './centered-clip.ts'
import type { KrumRule } from './krum.ts'
import type { MedianRule } from './median.ts'
import type { TrimmedMeanRule } from './trimmed-mean.ts'

/** What all rules have in common. */
export interface RuleOptions {
  /**
   * Largest share of the whole weight that one contribution counts for, in (0, 1].
   * What is over it is taken away, so that nobody buys influence with a large
   * `weight`; breakdown points are then shares of weight instead of heads. Where n
   * contributions cannot all stay below it, all count the same. Default: they always
   * do, and a weight only says whether a contribution counts, being more than 0.
   */
  readonly maxWeightShare?: number | undefined
}

/**
 * How contributions are aggregated instead of by their mean, so that some that are
 * wrong, or lie, have little influence. Plain data, made by `median`,
 * `trimmedMean`, `krum`, `multiKrum` and `centeredClip`.
 *
 * | rule           | withstands f liars of n if       | and the result is                        |
 * | -------------- | -------------------------------- | ---------------------------------------- |
 * | `median`       | 2f < n                           | in each coordinate between honest values |
 * | `trimmedMean`  | f <= fraction n                  | in each coordinate between honest values |
 * | `krum`         | 2f + 2 < n                       | one that was brought, with n - f - 2 near |
 * | `multiKrum`    | 2f + 2 < n                       | the mean of the `kept` best of these     |
 * | `centeredClip` | 2f < n                           | no farther than f / n radii per iteration |
 * |                |                                  | from where honest ones alone would lead  |
 *
 * A rule bounds what a peer can do by what it *brings*. As the owner of a shard a
 * member makes that shard's result, and can make anything of it.
 */
export type AggregationRule = MedianRule | TrimmedMeanRule | KrumRule | CenteredClipRule
