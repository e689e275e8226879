import {
  type AggregationRule,
  centeredClip,
  krum,
  median,
  multiKrum,
  trimmedMean
} from '@daa-compute/node'

/** A rule as a flag names it, and what it may be followed by. */
const RULES: Readonly<Record<string, (numbers: readonly number[]) => AggregationRule | undefined>> =
  {
    median: ([...rest]) => (rest.length === 0 ? median() : undefined),
    'trimmed-mean': ([fraction, ...rest]) =>
      fraction === undefined || rest.length > 0 ? undefined : trimmedMean({ fraction }),
    krum: ([liars, ...rest]) =>
      liars === undefined || rest.length > 0 ? undefined : krum({ liars }),
    'multi-krum': ([liars, kept, ...rest]) =>
      liars === undefined || kept === undefined || rest.length > 0
        ? undefined
        : multiKrum({ liars, kept }),
    'centered-clip': ([radius, ...rest]) => (rest.length > 0 ? undefined : centeredClip({ radius }))
  }

/** The same of a text that has been checked. @throws {TypeError} when it has not been */
export function parsedRule(text: string): AggregationRule {
  const rule = ruleOf(text)
  if (rule === undefined) throw new TypeError(`there is no rule ${text}`)
  return rule
}

/**
 * The rule that a text like `median`, `trimmed-mean:0.2`, `krum:1`, `multi-krum:1:3`,
 * `centered-clip` or `centered-clip:0.5` names. Numbers out of range are for
 * `allReduce` to refuse.
 *
 * @returns `undefined` for anything else
 */
export function ruleOf(text: string): AggregationRule | undefined {
  const [name = '', ...parameters] = text.split(':')
  const numbers = parameters.map((parameter) => (parameter === '' ? Number.NaN : Number(parameter)))
  if (!Object.hasOwn(RULES, name) || !numbers.every(Number.isFinite)) return undefined
  return RULES[name]?.(numbers)
}
