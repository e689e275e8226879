import { CodecError } from '@daa-compute/compression'
import type { Algorithm } from '@daa-compute/interface'
import { codecClassOf } from '@daa-compute/node'
import { InvalidArgumentError, Option } from 'commander'
import { parseCompression } from './gradient-compression.ts'
import { LIES } from './lies.ts'
import { ruleOf } from './rule.ts'
import { DEFAULT_BATCH, DEFAULT_STEPS, MAX_RUN_NAME_LENGTH } from './constants.ts'

/** Codecs cross the network a quarter as long by default; the accuracy is the same. */
export const DEFAULT_CODEC = 'int8'

/** Flags that a peer and the launcher share, in the order of the help. */
export function trainingFlags(): Option[] {
  return [
    new Option('--steps <count>', 'steps of the run, one all-reduce each')
      .argParser(parseCount)
      .default(DEFAULT_STEPS),
    new Option('--batch <examples>', 'examples of a batch of one peer')
      .argParser(parseCount)
      .default(DEFAULT_BATCH),
    new Option(
      '--codec <name>',
      'what gradients cross the network in, as float32, int4+zstd:1, topk:0.01 or powersgd:2'
    )
      .argParser(parseCodec)
      .default(DEFAULT_CODEC),
    new Option('--no-error-feedback', 'do not make up in the next step for what a codec loses'),
    new Option('--thread', 'put the network on a thread of its own').default(false),
    new Option(
      '--algorithm <name>',
      'how gradients are reduced (default: ring, or direct for codecs that need it, like topk)'
    ).choices(['auto', 'ring', 'tree', 'butterfly', 'hierarchical', 'direct']),
    new Option(
      '--rule <name>',
      'what gradients are aggregated by instead of their mean, as median, trimmed-mean:0.2, ' +
        'krum:1, multi-krum:1:3, centered-clip or centered-clip:RADIUS'
    ).argParser(parseRule),
    new Option('--deal <how>', 'whose which examples are: by digit, or some of each')
      .choices(['digits', 'evenly'])
      .default('digits'),
    new Option('--lie <kind>', 'what liars bring instead of their gradients').choices(LIES),
    new Option('--seed <number>', 'of parameters and the order of examples')
      .argParser(parseSeed)
      .default(1),
    new Option('--json', 'print the result as one JSON object on the last line').default(false)
  ]
}

/** The algorithm that was chosen, or one that can carry the codec and the rule. */
export function algorithmFor<Name extends Algorithm | 'auto'>(
  codec: string,
  chosen: Name | undefined,
  rule?: string
): Name | 'ring' | 'direct' {
  if (chosen !== undefined) return chosen
  if (rule !== undefined) return 'direct'
  const codecClass = codecClassOf(codec)
  return codecClass === 'exact' || codecClass === 'dense' ? 'ring' : 'direct'
}

/** A whole number from 1. */
export function parseCount(text: string): number {
  const count = Number(text)
  if (/^\d+$/.test(text) && Number.isSafeInteger(count) && count >= 1) return count
  throw new InvalidArgumentError('It has to be a whole number from 1.')
}

/** A whole number of 31 bits. */
export function parseSeed(text: string): number {
  const seed = Number(text)
  if (/^\d+$/.test(text) && seed < 2 ** 31) return seed
  throw new InvalidArgumentError('It has to be a whole number from 0 to 2147483647.')
}

/** A codec, a delta or PowerSGD, every parameter spelled out. */
export function parseCodec(text: string): string {
  try {
    return parseCompression(text)
  } catch (error) {
    if (error instanceof CodecError) throw new InvalidArgumentError(`${error.message}.`)
    throw error
  }
}

/** A rule, with its parameters. */
export function parseRule(text: string): string {
  if (ruleOf(text) !== undefined) return text
  throw new InvalidArgumentError(
    'It has to be like median, trimmed-mean:0.2, krum:1, multi-krum:1:3 or centered-clip.'
  )
}

/** A name that leaves room for what the run's id has besides. */
export function parseRunName(text: string): string {
  const length = Buffer.byteLength(text)
  if (length >= 1 && length <= MAX_RUN_NAME_LENGTH) return text
  throw new InvalidArgumentError(`It has to have 1 to ${MAX_RUN_NAME_LENGTH} bytes.`)
}

/** `2/4`: shard 2 of 4, the first being 0. */
export function parseShard(text: string): { index: number; count: number } {
  const [, index, count] = /^(\d{1,6})\/(\d{1,6})$/.exec(text) ?? []
  const shard = { index: Number(index), count: Number(count) }
  if (shard.index < shard.count) return shard
  throw new InvalidArgumentError('It has to be like 0/4: which shard, from 0, of how many.')
}

/** Adds one more of a flag that can be given several times. */
export function collect(text: string, before: readonly string[] | undefined): string[] {
  return [...(before ?? []), text]
}
