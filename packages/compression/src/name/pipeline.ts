import type { EntropyFamily } from '../entropy/entropy-stage.ts'
import { ENTROPY_FAMILIES } from '../entropy/families.ts'
import { CodecError } from '../errors.ts'
import { quote } from './quote.ts'
import { VALUE_FAMILIES } from './value-families.ts'
import type { ValueFamily } from './value-family.ts'

/** A codec's name, taken apart. */
export interface Pipeline {
  /** The canonical name: every parameter spelled out. */
  readonly name: string
  readonly value: ValueFamily
  readonly valueName: string
  readonly valueParameter: string | undefined
  /** `undefined` without an entropy stage. */
  readonly entropy: EntropyFamily | undefined
  readonly entropyParameter: string | undefined
}

const ALLOWED: readonly string[] = [
  ...VALUE_FAMILIES.map(({ form }) => form),
  ...ENTROPY_FAMILIES.map(({ form }) => `VALUES+${form}`)
]

/**
 * Checks a codec's name and gives its canonical form: `int8+zstd` becomes
 * `int8+zstd:1`, `topk:1e-2` becomes `topk:0.01`. Peers that compare names have
 * to compare canonical ones.
 *
 * @throws {CodecError} `UNKNOWN_CODEC`, `BAD_PARAMETER`
 */
export function parseCodecName(name: string): string {
  return parsePipeline(name).name
}

/** @throws {CodecError} `UNKNOWN_CODEC`, `BAD_PARAMETER` */
export function parsePipeline(name: string): Pipeline {
  const [valueText, entropyText] = split(name, '+')
  const [valueFamily, valueParameter] = split(valueText, ':')
  const value = VALUE_FAMILIES.find((family) => family.name === valueFamily)
  if (value === undefined) throw unknown(name)
  const parameter = value.parse(valueParameter)
  if (parameter === false) throw misfit(name, value.form, valueParameter)
  const valueName = join(value.name, parameter)
  if (entropyText === undefined) {
    return {
      name: valueName,
      value,
      valueName,
      valueParameter: parameter,
      entropy: undefined,
      entropyParameter: undefined
    }
  }
  const [entropyFamily, entropyParameter] = split(entropyText, ':')
  const entropy = ENTROPY_FAMILIES.find((family) => family.name === entropyFamily)
  if (entropy === undefined) throw unknown(name)
  const spelledOut = entropy.parse(entropyParameter, name)
  return {
    name: `${valueName}+${join(entropy.name, spelledOut)}`,
    value,
    valueName,
    valueParameter: parameter,
    entropy,
    entropyParameter: spelledOut
  }
}

function split(text: string, separator: string): [string, string | undefined] {
  const at = text.indexOf(separator)
  return at < 0 ? [text, undefined] : [text.slice(0, at), text.slice(at + 1)]
}

function join(family: string, parameter: string | undefined): string {
  return parameter === undefined ? family : `${family}:${parameter}`
}

function unknown(name: string): CodecError {
  return new CodecError(
    'UNKNOWN_CODEC',
    `there is no codec ${quote(name)}; use one of ${VALUE_FAMILIES.map(({ form }) => form).join('; ')}; ` +
      `alone or followed by one of ${ENTROPY_FAMILIES.map(({ form }) => `+${form}`).join('; ')}`,
    { name, allowed: ALLOWED }
  )
}

function misfit(name: string, form: string, parameter: string | undefined): CodecError {
  const got = parameter === undefined ? 'nothing' : quote(parameter)
  return new CodecError(
    'BAD_PARAMETER',
    `the parameter of ${quote(name)} does not fit: it is written ${form}; got ${got}`,
    { name, parameter: parameter ?? '' }
  )
}
