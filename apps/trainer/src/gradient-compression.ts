import { createDelta, createPowerSgd, parseCodecName } from '@daa-compute/compression'
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
 * What `powersgd:RANK`, `delta:VALUES` or the name of a codec stands for.
 *
 * @throws {CodecError} `UNKNOWN_CODEC`, `BAD_PARAMETER`, `ENTROPY_UNAVAILABLE`
 */
export async function gradientCompression(name: string): Promise<GradientCompression> {
  const rank = POWERSGD.exec(name)?.[1]
  if (rank !== undefined) return { codec: 'float32', compressor: powerSgd(rank) }
  if (!name.startsWith('delta')) return { codec: name, compressor: undefined }
  const delta = await createDelta(name)
  return { codec: 'float32', compressor: delta.createCompressor() }
}

/**
 * Checks such a name and spells out every parameter: peers compare names.
 *
 * @throws {CodecError} `UNKNOWN_CODEC`, `BAD_PARAMETER`
 */
export function parseCompression(name: string): string {
  const rank = POWERSGD.exec(name)?.[1]
  return rank === undefined ? parseCodecName(name) : powerSgd(rank).name
}

function powerSgd(rank: string): CollectiveCompressor {
  const shapes = TENSORS.map(({ shape }) => shape)
  return createPowerSgd({ rank: rank === '' ? Number.NaN : Number(rank), shapes })
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
