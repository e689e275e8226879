import type { CollectiveCompressor, RoundRequest } from '@daa-compute/interface'
import { MAX_CODEC_NAME_LENGTH, MAX_LAYOUT_LENGTH, MAX_WEIGHT } from './constants.ts'
import { RoundError } from './round/errors.ts'
import { assertRuleFits, checkRule } from './rules/checked-rule.ts'
import type { AllReduceOptions } from './all-reduce.ts'
import type { Flat } from './tensors.ts'

/**
 * What a call asks for, as the others have to ask for it, too.
 *
 * @param run what is the same for all calls of the run
 * @throws {RoundError} `BAD_RULE` for a rule that is none, or cannot be followed in this call
 * @throws {CodecError} `BAD_PARAMETER` when the compressor is for other values
 * @throws {RangeError} when its name or layout is too long to be told
 */
export function requestOf(
  { dtype, values, layout }: Flat,
  options: AllReduceOptions,
  run: Pick<RoundRequest, 'codec' | 'algorithm'>
): RoundRequest {
  const request: RoundRequest = {
    collective: 'allReduce',
    op: options.op ?? 'mean',
    dtype,
    length: values.length,
    layout,
    // codecs are for float32; other values cross as they are
    codec: dtype === 'float32' ? run.codec : dtype,
    algorithm: run.algorithm
  }
  return compressed(ruled(request, options), options.compressor)
}

/** @throws {RoundError} `BAD_WEIGHT` */
export function assertWeight(weight = 1): void {
  if (weight >= 0 && weight <= MAX_WEIGHT) return
  throw new RoundError(
    'BAD_WEIGHT',
    `a weight is at least 0 and at most ${MAX_WEIGHT}, not ${weight}`,
    { weight, limit: MAX_WEIGHT }
  )
}

function ruled(request: RoundRequest, { rule, compressor }: AllReduceOptions): RoundRequest {
  if (rule === undefined) return request
  const checked = checkRule(rule)
  assertRuleFits(checked, { ...request, isCompressed: compressor !== undefined })
  return { ...request, rule: checked.text, algorithm: 'direct' }
}

function compressed(
  request: RoundRequest,
  compressor: CollectiveCompressor | undefined
): RoundRequest {
  if (compressor === undefined) return request
  compressor.assertFits(request)
  const layout = `${request.layout} ${compressor.layout}`
  const { length } = new TextEncoder().encode(layout)
  const nameLength = new TextEncoder().encode(compressor.name).length
  if (length > MAX_LAYOUT_LENGTH || nameLength > MAX_CODEC_NAME_LENGTH) {
    throw new RangeError(
      `the compressor's name and layout take ${nameLength} and ${length} bytes, ` +
        `${MAX_CODEC_NAME_LENGTH} and ${MAX_LAYOUT_LENGTH} are allowed: hash the layout`
    )
  }
  return { ...request, codec: compressor.name, layout }
}
