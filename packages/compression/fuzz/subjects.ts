import type { Codec } from '@daa-compute/interface'
import { referenceKernels } from '@daa-compute/kernels'

import { createPipelineCodec } from '../src/codec.ts'
import { TILE_LENGTH } from '../src/constants.ts'
import type { EntropyStage } from '../src/entropy/entropy-stage.ts'
import { createCodec } from '../src/index.ts'
import { parsePipeline } from '../src/name/pipeline.ts'
import { CODEC_NAMES } from './codec-names.ts'
import { diceOf, type Dice } from './dice.ts'
import { takeApart, tilesOf, type Layout } from './layout.ts'
import { sampleValues } from './sample-values.ts'

/** A codec to be fuzzed, with sound encodings to begin from. */
export interface Subject {
  readonly codec: Codec
  /** The same over the kernels in plain TypeScript, to say what the right answer is. */
  readonly reference: Codec
  /** `undefined` without an entropy stage. */
  readonly stage: EntropyStage | undefined
  /** A whole tile of zeros, compressed; empty without an entropy stage. */
  readonly zeros: Uint8Array
  readonly samples: readonly Sample[]
  /** Makes one of more than a tile; slow, and so for few cases. */
  makeLarge(dice: Dice): Sample
}

export interface Sample {
  readonly bytes: Uint8Array
  readonly layout: Layout
  /** What a decoder makes of it. */
  readonly decoded: Float32Array
}

const LENGTHS = [0, 1, 2, 5, 31, 40, 255, 256, 257, 300, 511, 600, 1000, 1025, 2048, 4100]

/** Two samples of each length: the shape of the values is different every time. */
const SAMPLES = 2 * LENGTHS.length

/** Values of the large samples: two tiles of float32, and a bit. */
const LARGE_LENGTH = 2 * 262_144 + 77

/** Makes all codecs, and samples that are the same every time. */
export async function createSubjects(
  names: readonly string[] = CODEC_NAMES
): Promise<readonly Subject[]> {
  return Promise.all(names.map(createSubject))
}

async function createSubject(name: string, position: number): Promise<Subject> {
  const codec = await createCodec(name)
  const pipeline = parsePipeline(name)
  const { value, valueName, valueParameter } = pipeline
  const stage = await pipeline.entropy?.load(pipeline.entropyParameter)
  const plain = value.create(valueName, valueParameter, referenceKernels)
  const sample = (index: number): Sample => {
    const dice = diceOf(position, index)
    return sampleOf(codec, sampleValues(dice, LENGTHS[index % LENGTHS.length]!))
  }
  return {
    codec,
    reference: createPipelineCodec(name, plain, stage),
    stage,
    zeros:
      stage === undefined
        ? new Uint8Array(0)
        : tilesOf(new Uint8Array(TILE_LENGTH), stage)[0]!.body,
    samples: Array.from({ length: SAMPLES }, (_, index) => sample(index)),
    makeLarge: (dice) => sampleOf(codec, sampleValues(dice, LARGE_LENGTH))
  }
}

function sampleOf(codec: Codec, values: Float32Array): Sample {
  const bytes = codec.encode(values).slice()
  const decoded = new Float32Array(values.length)
  codec.decode(bytes, decoded)
  return { bytes, layout: takeApart(bytes), decoded }
}
