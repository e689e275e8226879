import type { EntropyFamily } from '../entropy/entropy-stage.ts'
import { ENTROPY_FAMILIES } from '../entropy/families.ts'
import { CodecError } from '../errors.ts'
import { quote } from './quote.ts'
import { VALUE_FAMILIES } from './value-families.ts'
import type { ValueFamily } from './value-family.ts'

/** A codec's name, taken apart; of a delta, what its differences are encoded with. */
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

/** What deltas are of where a name says nothing. */
const DELTA_DEFAULT = 'float32'

const ALLOWED: readonly string[] = [
  ...VALUE_FAMILIES.map(({ form }) => form),
  ...ENTROPY_FAMILIES.map(({ form }) => `VALUES+${form}`),
  'delta[:VALUES]'
]

const FORMS =
  `use one of ${VALUE_FAMILIES.map(({ form }) => form).join('; ')}; ` +
  `alone or followed by one of ${ENTROPY_FAMILIES.map(({ form }) => `+${form}`).join('; ')}; ` +
  'or differences in any of these: delta[:VALUES]'

/**
 * Checks a codec's name and gives its canonical form: `int8+zstd` becomes
 * `int8+zstd:1`, `topk:1e-2` becomes `topk:0.01`, `delta+zstd` becomes
 * `delta:float32+zstd:1`. Peers that compare names have to compare canonical ones.
 *
 * @throws {CodecError} `UNKNOWN_CODEC`, `BAD_PARAMETER`
 */
export function parseCodecName(name: string): string {
  const differences = differencesOf(name)
  return differences === undefined
    ? parse(name, name).name
    : deltaName(parse(differences, name).name)
}

/** @throws {CodecError} `UNKNOWN_CODEC`, `BAD_PARAMETER`; `STATEFUL` for deltas */
export function parsePipeline(name: string): Pipeline {
  const differences = differencesOf(name)
  if (differences === undefined) return parse(name, name)
  const canonical = deltaName(parse(differences, name).name)
  throw new CodecError(
    'STATEFUL',
    `${canonical} remembers what was sent before, which no codec does: createDelta('${canonical}') ` +
      'makes an encoder and a decoder that do, and a compressor for allReduce()',
    { name: canonical }
  )
}

/**
 * What the differences of a delta are encoded with.
 *
 * @throws {CodecError} `UNKNOWN_CODEC`, for names of codecs too; `BAD_PARAMETER`
 */
export function parseDelta(name: string): Pipeline {
  const differences = differencesOf(name)
  if (differences === undefined) throw unknown(name, 'a delta is written delta[:VALUES][+ENTROPY]')
  return parse(differences, name)
}

/** The name of a delta by that of the codec of its differences. */
export function deltaName(codec: string): string {
  return `delta:${codec}`
}

/** @returns `undefined` for a name that is no delta's */
function differencesOf(name: string): string | undefined {
  if (name === 'delta') return DELTA_DEFAULT
  if (name.startsWith('delta+')) return DELTA_DEFAULT + name.slice('delta'.length)
  return name.startsWith('delta:') ? name.slice('delta:'.length) : undefined
}

/** @param name the whole one, for messages */
function parse(text: string, name: string): Pipeline {
  const [valueText, entropyText] = split(text, '+')
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

function unknown(name: string, use: string = FORMS): CodecError {
  return new CodecError('UNKNOWN_CODEC', `there is no codec ${quote(name)}; ${use}`, {
    name,
    allowed: ALLOWED
  })
}

function misfit(name: string, form: string, parameter: string | undefined): CodecError {
  const got = parameter === undefined ? 'nothing' : quote(parameter)
  return new CodecError(
    'BAD_PARAMETER',
    `the parameter of ${quote(name)} does not fit: it is written ${form}; got ${got}`,
    { name, parameter: parameter ?? '' }
  )
}
