import { LimitsError } from './errors.ts'

/**
 * An amount that an option gives, if it is one: nothing is above NaN, so that it would
 * be no limit.
 *
 * @throws {LimitsError} `BAD_LIMIT` for what is no number above 0
 */
export function checkAmount(name: string, value: unknown): number {
  if (typeof value === 'number' && value > 0) return value
  throw new LimitsError(
    'BAD_LIMIT',
    `${name}: ${String(value)} is no amount; give it a number above 0, or leave it out`,
    { name, value }
  )
}
