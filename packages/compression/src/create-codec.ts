import type { AbortOptions, Codec } from '@daa-compute/interface'
import { createKernels } from '@daa-compute/kernels'

import { createPipelineCodec } from './codec.ts'
import { CodecError } from './errors.ts'
import type { CodecChoice } from './name/builder.ts'
import { parsePipeline, type Pipeline } from './name/pipeline.ts'

/**
 * Makes a codec by its name, `topk:0.01+zstd:1`, or from a choice of the builder,
 * `codec().topk(0.01).zstd(1)`.
 *
 * The first codec with an entropy stage loads a library, which is why this is
 * asynchronous; encoding and decoding are not. A codec is meant for one thread, as
 * everything synchronous is, and keeps 2 MiB of scratch memory at most.
 *
 * @throws {CodecError} `UNKNOWN_CODEC`, `BAD_PARAMETER`; `STATEFUL` for a `delta`, which
 * `createDelta` makes; `ENTROPY_UNAVAILABLE`;
 * `UNSUPPORTED_HOST` on big-endian machines, which JavaScript has practically
 * left and on which nothing here is tested
 */
export async function createCodec(
  choice: string | CodecChoice,
  options?: AbortOptions
): Promise<Codec> {
  return await codecOf(parsePipeline(typeof choice === 'string' ? choice : choice.name), options)
}

/** @throws {CodecError} `ENTROPY_UNAVAILABLE`, `UNSUPPORTED_HOST` */
export async function codecOf(pipeline: Pipeline, options?: AbortOptions): Promise<Codec> {
  options?.signal?.throwIfAborted()
  refuseBigEndian()
  const { name, value, valueName, valueParameter, entropy, entropyParameter } = pipeline
  const stage = value.create(valueName, valueParameter, createKernels())
  const second = entropy && (await entropy.load(entropyParameter, options))
  return createPipelineCodec(name, stage, second)
}

function refuseBigEndian(): void {
  if (new Uint8Array(new Uint32Array([1]).buffer)[0] !== 1) {
    throw new CodecError(
      'UNSUPPORTED_HOST',
      'the codecs run on little-endian machines only; this one stores numbers in big-endian order',
      { byteOrder: 'big' }
    )
  }
}
