import type { AbortOptions, Codec, CollectiveCompressor } from '@daa-compute/interface'
import { codecOf } from '../create-codec.ts'
import type { CodecChoice } from '../name/builder.ts'
import { deltaName, parseDelta } from '../name/pipeline.ts'
import { createDeltaCompressor } from './delta-compressor.ts'
import {
  createDeltaDecoder,
  createDeltaEncoder,
  type DeltaDecoder,
  type DeltaEncoder,
  type DeltaInit
} from './delta.ts'

/** What `delta:int8+zstd:1` stands for: each thing it makes remembers its own. */
export interface Delta {
  /** Canonical. */
  readonly name: string
  /** Of the differences. */
  readonly codec: Codec
  /** The sender's end of a stream. @throws {RangeError} for a `keyInterval` that is none */
  createEncoder(options?: Pick<DeltaInit, 'keyInterval'>): DeltaEncoder
  /** The receiver's end. */
  createDecoder(): DeltaDecoder
  /** For the all-reduces of a run: pass it as `compressor`. */
  createCompressor(): CollectiveCompressor
}

/**
 * Makes a delta by its name, `delta:int8+zstd:1`, or from a choice of the builder,
 * `codec().delta(codec().int8()).zstd(1)`. `delta` alone is `delta:float32`, whose
 * differences only an entropy stage makes smaller.
 *
 * @throws {CodecError} `UNKNOWN_CODEC`, for names of codecs too; `BAD_PARAMETER`,
 * `ENTROPY_UNAVAILABLE`, `UNSUPPORTED_HOST`
 */
export async function createDelta(
  choice: string | CodecChoice,
  options?: AbortOptions
): Promise<Delta> {
  const codec = await codecOf(
    parseDelta(typeof choice === 'string' ? choice : choice.name),
    options
  )
  return {
    name: deltaName(codec.name),
    codec,
    createEncoder: (own) => createDeltaEncoder({ codec, ...own }),
    createDecoder: () => createDeltaDecoder({ codec }),
    createCompressor: () => createDeltaCompressor(codec)
  }
}
