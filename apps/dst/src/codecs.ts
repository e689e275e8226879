import { createCodec } from '@daa-compute/compression'
import type { Codec } from '@daa-compute/interface'
import { coarseCodec } from '@daa-compute/testing/coarse-codec'

/** Names of the codecs that scenarios use, one of each class. */
export type CodecName = 'float32' | 'coarse' | 'int8'

/** The codecs of every scenario; made before any, because making one takes real time. */
export async function createCodecs(): Promise<ReadonlyMap<CodecName, Codec | undefined>> {
  return new Map<CodecName, Codec | undefined>([
    ['float32', undefined],
    ['coarse', coarseCodec],
    ['int8', await createCodec('int8')]
  ])
}

/** Largest relative error of one encoding, as a part of the largest magnitude in a block. */
export const STEP_ERROR: Readonly<Record<CodecName, number>> = {
  float32: 0,
  coarse: 0.5 / 127,
  int8: 0.5 / 127
}
