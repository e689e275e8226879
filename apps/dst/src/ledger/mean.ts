import { STEP_ERROR } from '../codecs.ts'
import { expectedBy, type RuleName } from '../rules.ts'
import type { Scenario } from '../scenario.ts'
import type { Call } from './records.ts'

/** What the values of a round come to, by the rule and within the error of the codec. */
export class Mean {
  readonly #scenario: Scenario

  constructor(scenario: Scenario) {
    this.#scenario = scenario
  }

  /** The first few numbers. */
  preview(calls: readonly Call[]): number[] {
    return Array.from({ length: Math.min(4, this.#scenario.length) }, (_, i) => mean(calls, i))
  }

  isMean(values: Float32Array, pairing: readonly Call[]): boolean {
    const error = this.#tolerance(pairing)
    if (this.#scenario.rule !== undefined)
      return this.#isByRule(this.#scenario.rule, values, pairing, error)
    for (const [i, value] of values.entries()) {
      if (!(Math.abs(value - mean(pairing, i)) <= error)) return false
    }
    return true
  }

  /** Whether the values are what the rule makes of the calls that weigh something. */
  #isByRule(
    rule: RuleName,
    values: Float32Array,
    pairing: readonly Call[],
    error: number
  ): boolean {
    const counting = pairing.filter(({ weight }) => weight > 0)
    const rows = counting.map(({ contribution }) => contribution)
    const isExact = STEP_ERROR[this.#scenario.codec] === 0
    if (isExact || rule === 'median' || rule === 'trimmedMean') {
      const expected = expectedBy(rule, rows)
      return values.every((value, i) => Math.abs(value - (expected[i] ?? 0)) <= 2 * error)
    }
    // by a lossy codec distances change, and with them what is chosen: but from among these
    return values.every((value, i) => {
      const column = rows.map((row) => row[i] ?? 0)
      return value >= Math.min(...column) - error && value <= Math.max(...column) + error
    })
  }

  #tolerance(pairing: readonly Call[]): number {
    const largest = Math.max(1, ...pairing.map(({ contribution }) => magnitude(contribution)))
    // sums are exact; the mean is rounded
    const rounding = largest * 2 ** -22
    const step = STEP_ERROR[this.#scenario.codec]
    if (step === 0) return rounding
    // a lossy codec errs once per hop, relative to the partial sum it encodes: at
    // most the sum of all; each error is part of what is encoded next
    const hops = 2 * pairing.length
    return rounding + largest * step * hops * (1 + step) ** hops
  }
}

function mean(calls: readonly Call[], index: number): number {
  let sum = 0
  let weights = 0
  for (const { contribution, weight } of calls) {
    sum += (contribution[index] ?? 0) * weight
    weights += weight
  }
  return sum / weights
}

function magnitude(values: Float32Array): number {
  let largest = 0
  for (const value of values) largest = Math.max(largest, Math.abs(value))
  return largest
}
