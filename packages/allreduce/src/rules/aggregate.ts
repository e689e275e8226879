import type { Shard } from './aggregator.ts'
import { assertRuleSize, checkRule } from './checked-rule.ts'
import type { AggregationRule } from './rule.ts'

/**
 * Applies a rule to contributions that are all here, without a network: what a round
 * with this rule comes to among as many members, as far as order and codecs go.
 *
 * @param contributions equally long, finite
 * @param weights one each, at least 0 and not all 0. Default: 1
 * @returns the result, and by contribution how much of it was left out, 0 to 1
 * @throws {RoundError} `BAD_RULE`, `TOO_FEW_FOR_RULE`
 * @throws {RangeError} when there are none, or they are not equally long
 */
export function aggregate(
  contributions: readonly Float32Array[],
  rule: AggregationRule | 'median',
  weights: readonly number[] = contributions.map(() => 1)
): { readonly values: Float32Array; readonly excluded: readonly number[] } {
  const size = contributions.length
  const length = contributions[0]?.length ?? 0
  if (size === 0 || weights.length !== size || contributions.some((row) => row.length !== length)) {
    throw new RangeError(
      'there is a contribution at least, all are equally long, each has a weight'
    )
  }
  const checked = checkRule(rule)
  assertRuleSize(checked, size)
  const aggregator = checked.create(size)
  const shard: Shard = { rows: contributions, weights }
  const exchanges = aggregator.exchanges(shard)
  for (let step = exchanges.next(); step.done !== true;) step = exchanges.next([step.value])
  const values = new Float32Array(length)
  const excluded = new Float64Array(size)
  if (length > 0) aggregator.aggregate(shard, 0, values, excluded)
  return { values, excluded: Array.from(excluded, (count) => count / Math.max(1, length)) }
}
