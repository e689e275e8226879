import { createPowerSgd, parseCodecName } from '@daa-compute/compression'
import type { CollectiveCompressor } from '@daa-compute/interface'
import { codecClassOf } from '@daa-compute/node'
import { LEARNING_RATE, SPARSE_LEARNING_RATE } from './constants.ts'
import { TENSORS } from './parameters.ts'

/** What PowerSGD is called, with its rank. */
const POWERSGD = /^powersgd:(.*)$/

/** How gradients cross the network, by the name that was given for it. */
export interface GradientCompression {
  /** Of the run. */
  readonly codec: string
  /** Of whole all-reduces of gradients, instead of the codec. */
  readonly compressor: CollectiveCompressor | undefined
}

/**
 * `powersgd:RANK`, or the name of a codec.
 *
 * @throws {CodecError} `BAD_PARAMETER` for a rank that is none
 */
export function gradientCompression(name: string): GradientCompression {
  const rank = POWERSGD.exec(name)?.[1]
  if (rank === undefined) return { codec: name, compressor: undefined }
  const shapes = TENSORS.map(({ shape }) => shape)
  const compressor = createPowerSgd({ rank: rank === '' ? Number.NaN : Number(rank), shapes })
  return { codec: 'float32', compressor }
}

/** The highest step size for gradients that cross the network in this codec. */
export function rateFor(codec: string): number {
  return codecClassOf(codec) === 'sparse' ? SPARSE_LEARNING_RATE : LEARNING_RATE
}

/**
 * Of what top-k keeps of each peer's gradient, a sum has up to as many times as
 * there are peers; cut down to the fraction of one, it would lose most of them a
 * second time. Other codecs do for results, too.
 */
export function resultCodecOf(codec: string, peers: number): string | undefined {
  const [whole, fraction] = /^topk:([0-9.e-]+)/.exec(codec) ?? []
  if (whole === undefined) return undefined
  // six digits: 0.1 * 3 is not 0.3
  const kept = Number(Math.min(1, Number(fraction) * peers).toPrecision(6))
  return parseCodecName(`topk:${kept}${codec.slice(whole.length)}`)
}
