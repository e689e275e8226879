import type { Case, Reading } from './case.ts'
import { judge } from './requirement.ts'
import { pairedRatio, type Summary, summarize } from './statistics.ts'
import type { Cases } from './suite.ts'

/** What became of one case. */
export interface Row {
  readonly suite: string
  readonly name: string
  /** The median. */
  readonly value: number
  readonly unit: string
  /** The case this one is compared to; `null` where there is none or it has another unit. */
  readonly reference: string | null
  /** Median of the paired ratios `value / value of the reference`. */
  readonly ratio: number | null
  /** What the case has to reach; `null` where nobody says. */
  readonly must: string | null
  /** Whether it does; `null` where nobody says what. */
  readonly met: boolean | null
  readonly spread: Omit<Summary, 'median'>
  readonly samples: number
}

/**
 * Samples the cases in turn, A B C A B C …, after all have warmed up.
 *
 * @param onProgress called after each turn
 */
export async function runSuite(
  suite: string,
  { cases, reference, requirements }: Cases,
  samples: number,
  onProgress: (taken: number) => void = () => {}
): Promise<Row[]> {
  const readings = cases.map((): Reading[] => [])
  const prepared: Case[] = []
  try {
    for (const item of cases) {
      // cleaned up even if only half prepared
      prepared.push(item)
      await item.prepare()
    }
    for (let taken = 1; taken <= samples; taken++) {
      for (const [i, item] of cases.entries()) readings[i]?.push(await item.sample())
      onProgress(taken)
    }
  } finally {
    for (const item of prepared) await item.cleanUp()
  }
  const series = cases.map((item, i) => ({
    ...toSeries(item.name, readings[i] ?? []),
    reference: item.reference ?? reference
  }))
  return series.map(({ name, unit, values, reference: wanted }): Row => {
    const referred = series.find((other) => other.name === wanted)
    const summary = summarize(values)
    const { median, ...spread } = summary
    const comparable = referred !== undefined && referred.unit === unit
    const ratio = comparable ? pairedRatio(values, referred.values) : null
    const required = requirements?.get(name)
    const verdict = required === undefined ? undefined : judge(name, required, summary, ratio)
    return {
      suite,
      name,
      value: median,
      unit,
      reference: comparable ? referred.name : null,
      ratio,
      must: verdict?.text ?? null,
      met: verdict?.met ?? null,
      spread,
      samples
    }
  })
}

interface Series {
  readonly name: string
  readonly unit: string
  readonly values: readonly number[]
}

function toSeries(name: string, readings: readonly Reading[]): Series {
  const units = new Set(readings.map(({ unit }) => unit))
  const [unit] = units
  if (unit === undefined || units.size > 1) {
    throw new Error(`${name} reported in several units: ${[...units].join(', ')}`)
  }
  return { name, unit, values: readings.map(({ value }) => value) }
}
