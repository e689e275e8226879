import { createPowerSgd, parseCodecName, type TensorShape } from '@daa-compute/compression'
import { codecClassOf, type CompressorChoice } from '@daa-compute/node'
import { LEARNING_RATE, SPARSE_LEARNING_RATE } from './constants.ts'
import { TENSORS } from './parameters.ts'

/** What PowerSGD is called, with its rank. */
const POWERSGD = /^powersgd:(.*)$/

const SHAPES: readonly TensorShape[] = TENSORS.map(({ shape }) => shape)

/** How gradients cross the network, by the name that was given for it. */
export interface GradientCompression {
  /** Of the run. */
  readonly codec: string
  /** Of whole all-reduces of gradients, instead of the codec. */
  readonly compressor: CompressorChoice | undefined
}

/** What `powersgd:RANK`, `delta:VALUES` or the name of a codec stands for. */
export function gradientCompression(name: string): GradientCompression {
  if (POWERSGD.test(name)) return { codec: 'float32', compressor: { name, shapes: SHAPES } }
  if (name.startsWith('delta')) return { codec: 'float32', compressor: { name } }
  return { codec: name, compressor: undefined }
}

/**
 * Checks such a name and spells out every parameter: peers compare names.
 *
 * @throws {CodecError} `UNKNOWN_CODEC`, `BAD_PARAMETER`
 */
export function parseCompression(name: string): string {
  const rank = POWERSGD.exec(name)?.[1]
  if (rank === undefined) return parseCodecName(name)
  return createPowerSgd({ rank: rank === '' ? Number.NaN : Number(rank), shapes: SHAPES }).name
}

/** Whether most of a gradient arrives only in the steps after it. */
export function arrivesLate(codec: string): boolean {
  return POWERSGD.test(codec) || codecClassOf(codec) === 'sparse'
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
