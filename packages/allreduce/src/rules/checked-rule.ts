import type { Algorithm, DType, ReduceOp } from '@daa-compute/interface'
import { RoundError } from '../round/errors.ts'
import type { Aggregator } from './aggregator.ts'
import { createCenteredClip, MAX_ITERATIONS } from './centered-clip.ts'
import { createKrum, neededForKrum } from './krum.ts'
import { createMedian } from './median.ts'
import type { AggregationRule } from './rule.ts'
import { createTrimmedMean } from './trimmed-mean.ts'

/**
 * Most members of a group that reduces by Krum: each is told the distances of all pairs
 * by each, 8 MiB for so many.
 */
export const MAX_KRUM_MEMBERS = 128

/** A rule that can be followed. */
export interface CheckedRule {
  /** The rule and all of its parameters: equal for rules that do the same, and for no others. */
  readonly text: string
  /** Least members that it takes. */
  readonly needed: number
  /** Most members that it takes. */
  readonly limit: number
  /** @param size ranks of the group */
  create(size: number): Aggregator
}

/**
 * Checks a rule as a caller gives it.
 *
 * @throws {RoundError} `BAD_RULE`
 */
export function checkRule(given: AggregationRule | 'median'): CheckedRule {
  const rule: AggregationRule = given === 'median' ? { name: 'median' } : given
  const { maxWeightShare } = rule
  if (maxWeightShare !== undefined && !(maxWeightShare > 0 && maxWeightShare <= 1)) {
    throw badRule(rule, `maxWeightShare is more than 0 and at most 1, not ${maxWeightShare}`)
  }
  const maxShare = maxWeightShare ?? 0
  const text = [...partsOf(rule), ...(maxShare === 0 ? [] : [`maxWeightShare ${maxShare}`])]
  const limits = { needed: 1, limit: Infinity }
  const make = (create: CheckedRule['create'], bounds = limits): CheckedRule => ({
    text: text.join(' '),
    ...bounds,
    create
  })
  switch (rule.name) {
    case 'median':
      return make(() => createMedian(maxShare))
    case 'trimmedMean':
      return make(() => createTrimmedMean(rule, maxShare))
    case 'krum':
      return make((size) => createKrum(rule, size, maxShare), {
        needed: neededForKrum(rule),
        limit: MAX_KRUM_MEMBERS
      })
    case 'centeredClip':
      return make((size) => createCenteredClip(rule, size, maxShare))
  }
}

/** A rule's name and parameters, once they are in their range. */
function partsOf(rule: AggregationRule): readonly string[] {
  switch (rule.name) {
    case 'median':
      return [rule.name]
    case 'trimmedMean': {
      const { fraction } = rule
      if (fraction >= 0 && fraction < 0.5) return [rule.name, String(fraction)]
      throw badRule(rule, `fraction is at least 0 and less than 0.5, not ${fraction}`)
    }
    case 'krum': {
      const { liars, kept } = rule
      if (!isWhole(liars, 0, MAX_KRUM_MEMBERS)) throw badRule(rule, wholeFrom('liars', 0, liars))
      if (!isWhole(kept, 1, MAX_KRUM_MEMBERS)) throw badRule(rule, wholeFrom('kept', 1, kept))
      return [rule.name, `liars ${liars}`, `kept ${kept}`]
    }
    case 'centeredClip': {
      const { radius, iterations } = rule
      if (radius !== undefined && !(radius > 0 && radius < Infinity)) {
        throw badRule(rule, `radius is finite and more than 0, not ${radius}`)
      }
      if (!isWhole(iterations, 1, MAX_ITERATIONS)) {
        throw badRule(rule, `iterations is from 1 to ${MAX_ITERATIONS}, not ${iterations}`)
      }
      return [rule.name, `radius ${radius ?? 'median'}`, `iterations ${iterations}`]
    }
    default:
      throw badRule(rule, 'there is no such rule: make one by median(), krum() and their like')
  }
}

function isWhole(value: number, least: number, most: number): boolean {
  return Number.isInteger(value) && value >= least && value <= most
}

function wholeFrom(name: string, least: number, value: number): string {
  return `${name} is a whole number from ${least} to ${MAX_KRUM_MEMBERS}, not ${value}`
}

/** What of a call matters for its rule. */
export interface RuledCall {
  readonly op: ReduceOp
  readonly dtype: DType
  readonly algorithm: Algorithm | 'auto'
  readonly isCompressed: boolean
}

/** @throws {RoundError} `BAD_RULE` for a call that no rule can be followed in */
export function assertRuleFits({ text }: CheckedRule, call: RuledCall): void {
  const why = misfitOf(call)
  if (why !== undefined) throw badRule(text, why)
}

function misfitOf({ op, dtype, algorithm, isCompressed }: RuledCall): string | undefined {
  if (op !== 'mean') return `it stands in for the mean, and op is ${op}: leave one of the two out`
  if (dtype !== 'float32') return `it is for float32, not ${dtype}: convert the values first`
  const needs = 'it has to see each contribution by itself'
  if (algorithm !== 'direct' && algorithm !== 'auto') {
    return `${needs}, and ${algorithm} adds them up on the way: let the run's algorithm be 'direct' or 'auto'`
  }
  return isCompressed
    ? `${needs}, and a compressor adds up parts: leave one of the two out`
    : undefined
}

/** @throws {RoundError} `TOO_FEW_FOR_RULE` or `BAD_RULE` for groups of other sizes than it can do with */
export function assertRuleSize({ text, needed, limit }: CheckedRule, members: number): void {
  if (members > limit) throw badRule(text, `it is for at most ${limit} members, not ${members}`)
  if (members >= needed) return
  throw new RoundError(
    'TOO_FEW_FOR_RULE',
    `the rule ${text} takes at least ${needed} members and the group has ${members}: wait for more with minPeers, or allow for fewer liars`,
    { rule: text, needed, members }
  )
}

function badRule(rule: AggregationRule | string, reason: string): RoundError<'BAD_RULE'> {
  const name = typeof rule === 'string' ? rule : String((rule as { name?: unknown }).name)
  return new RoundError('BAD_RULE', `the rule ${name} cannot be followed: ${reason}`, {
    rule: name,
    reason
  })
}
