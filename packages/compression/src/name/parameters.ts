/*
 * Parameters of value stages as text, from peers and users. Numbers are decimal;
 * their canonical form is the shortest one that reads the same, as JavaScript
 * writes numbers.
 */

const DECIMAL = /^(?:\d+(?:\.\d+)?|\.\d+)(?:e[+-]?\d+)?$/

/** Longer numbers than this are no numbers that anybody has meant. */
const MAX_CHARACTERS = 40

/** For stages that have no parameter. */
export function parseNothing(parameter: string | undefined): undefined | false {
  return parameter === undefined ? undefined : false
}

/** For stages that round to nearest, or by chance if they are told to. */
export function parseRounding(parameter: string | undefined): string | undefined | false {
  return parameter === undefined || parameter === STOCHASTIC ? parameter : false
}

/** The parameter of stages that round by chance. */
export const STOCHASTIC = 'stochastic'

/** A share of the values: above 0, at most 1. */
export function parseFraction(parameter: string | undefined): string | false {
  const fraction = parseDecimal(parameter)
  return fraction > 0 && fraction <= 1 ? String(fraction) : false
}

/** A magnitude: above 0 and finite, as a float32 too. */
export function parseMagnitude(parameter: string | undefined): string | false {
  const magnitude = Math.fround(parseDecimal(parameter))
  return magnitude > 0 && magnitude < Number.POSITIVE_INFINITY
    ? String(parseDecimal(parameter))
    : false
}

/** @returns NaN for what is no decimal number */
function parseDecimal(parameter: string | undefined): number {
  if (parameter === undefined || parameter.length > MAX_CHARACTERS || !DECIMAL.test(parameter)) {
    return Number.NaN
  }
  return Number(parameter)
}
