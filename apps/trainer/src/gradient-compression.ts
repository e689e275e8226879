import { createPowerSgd } from '@daa-compute/compression'
import type { CollectiveCompressor } from '@daa-compute/interface'
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
