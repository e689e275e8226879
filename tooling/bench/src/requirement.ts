import { formatNumber } from './table.ts'
import type { Summary } from './statistics.ts'

/** What a figure of a case has to be, for `npm run bench -- --check` to pass. */
export interface Requirement {
  /**
   * The median of the samples, the worst of them, or the median of their ratios to the
   * case they are compared to.
   */
  readonly of: 'median' | 'worst' | 'ratio'
  /** In the unit of the samples; a ratio has none. */
  readonly atLeast?: number
  /** In the unit of the samples; a ratio has none. */
  readonly atMost?: number
}

/** What came of a requirement. */
export interface Verdict {
  /** As a reader wants it: `≥ 2.00 × reference`, `≤ 16.0 at worst`. */
  readonly text: string
  readonly met: boolean
}

/** @throws {TypeError} for one that nothing could fail */
export function checkRequirement(name: string, { atLeast, atMost }: Requirement): void {
  const bounds = [atLeast, atMost].filter((bound) => bound !== undefined)
  if (bounds.length === 0 || !bounds.every(Number.isFinite)) {
    throw new TypeError(`${name} must be something: say atLeast or atMost, as finite numbers`)
  }
}

/**
 * @param ratio `null` where the case is compared to none
 * @throws {Error} if a ratio is required where there is none
 */
export function judge(
  name: string,
  { of, atLeast, atMost }: Requirement,
  { min, median, max }: Summary,
  ratio: number | null
): Verdict {
  if (of === 'ratio' && ratio === null) {
    throw new Error(`${name} must have a ratio, but is compared to no case of its unit`)
  }
  const middle = of === 'ratio' && ratio !== null ? ratio : median
  const [lowest, highest] = of === 'worst' ? [min, max] : [middle, middle]
  const bounds: string[] = []
  let met = true
  if (atLeast !== undefined) {
    bounds.push(`≥ ${formatNumber(atLeast)}`)
    met &&= lowest >= atLeast
  }
  if (atMost !== undefined) {
    bounds.push(`≤ ${formatNumber(atMost)}`)
    met &&= highest <= atMost
  }
  const what = { median: '', worst: ' at worst', ratio: ' × reference' }[of]
  return { text: `${bounds.join(' and ')}${what}`, met }
}
