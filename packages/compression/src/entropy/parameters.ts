import { CodecError } from '../errors.ts'
import { quote } from '../name/quote.ts'

/** For families that have no parameter. */
export function parseNothing(
  family: string
): (parameter: string | undefined, codecName: string) => undefined {
  return (parameter, codecName) => {
    if (parameter === undefined) return undefined
    throw badParameter(`${family} has no parameter`, parameter, codecName)
  }
}

/** The error for a parameter that is not what `rule` says. */
export function badParameter(
  rule: string,
  parameter: string,
  codecName: string
): CodecError<'BAD_PARAMETER'> {
  return new CodecError(
    'BAD_PARAMETER',
    `${rule}, got ${quote(parameter)} in ${quote(codecName)}`,
    { name: codecName, parameter }
  )
}
