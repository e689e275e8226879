import type { AbortOptions, Codec } from '@daa-compute/interface'

import { parsePipeline } from './codec-name.ts'
import { HEADER_LENGTH, MAX_VALUES } from './constants.ts'
import { CodecError } from './errors.ts'
import { float32Stage } from './float32-stage.ts'
import { checkHeader, writeHeader, type Stages } from './header.ts'
import { int8Stage } from './int8-stage.ts'
import type { PayloadFormat } from './payload.ts'
import { plainPayload } from './plain-payload.ts'
import type { ValueStage, ValueStageName } from './value-stage.ts'
import { zstdPayload } from './zstd-payload.ts'
import { loadZstd } from './zstd.ts'

const VALUE_STAGES: Readonly<Record<ValueStageName, ValueStage>> = {
  float32: float32Stage,
  int8: int8Stage
}

/**
 * Makes a codec by its name: `float32`, `int8`, or either with a zstd stage,
 * `int8+zstd` or `int8+zstd:3` (levels 1 to 19, default 1).
 *
 * The first codec with a zstd stage loads a WebAssembly module, which is why
 * this is asynchronous; encoding and decoding are not. Codecs without that stage
 * allocate no buffers when `out` is given. One with it keeps a scratch buffer of
 * at most 1 MiB and is meant for one thread, as everything synchronous is.
 *
 * @throws {CodecError} `UNKNOWN_CODEC`, `BAD_PARAMETER`; `ZSTD_UNAVAILABLE`;
 * `UNSUPPORTED_HOST` on big-endian machines, which JavaScript has practically
 * left and on which nothing here is tested
 */
export async function createCodec(name: string, options?: AbortOptions): Promise<Codec> {
  options?.signal?.throwIfAborted()
  refuseBigEndian()
  const pipeline = parsePipeline(name)
  const stage = VALUE_STAGES[pipeline.value]
  if (pipeline.zstdLevel === undefined) {
    return new PipelineCodec(pipeline.name, stage, plainPayload(stage))
  }
  await loadZstd(options)
  return new PipelineCodec(pipeline.name, stage, zstdPayload(stage, pipeline.zstdLevel))
}

/** A header and a payload. */
class PipelineCodec implements Codec {
  readonly name: string
  readonly lossless: boolean
  readonly #payload: PayloadFormat
  readonly #stages: Stages

  constructor(name: string, stage: ValueStage, payload: PayloadFormat) {
    this.name = name
    this.lossless = stage.lossless
    this.#payload = payload
    this.#stages = {
      value: stage.id,
      entropy: payload.entropyId,
      blockExponent: stage.blockExponent
    }
  }

  /** @throws {CodecError} `BAD_PARAMETER` for what cannot be a number of values */
  maxEncodedLength(length: number): number {
    if (!Number.isInteger(length) || length < 0 || length > MAX_VALUES) {
      throw new CodecError(
        'BAD_PARAMETER',
        `${this.name} encodes 0 to ${MAX_VALUES} values at once, got ${length}; encode in parts`,
        { name: this.name, parameter: String(length) }
      )
    }
    return HEADER_LENGTH + this.#payload.maxLength(length)
  }

  encode(values: Float32Array, out?: Uint8Array): Uint8Array {
    const needed = this.maxEncodedLength(values.length)
    if (out === undefined) return fit(this.#encode(values, new Uint8Array(needed)))
    if (out.length < needed) {
      throw new CodecError(
        'OUTPUT_TOO_SMALL',
        `encoding ${values.length} values with ${this.name} may take ${needed} bytes, ` +
          `the output array has ${out.length}; ask maxEncodedLength() for its size`,
        { needed, available: out.length }
      )
    }
    return this.#encode(values, out)
  }

  decode(bytes: Uint8Array, out: Float32Array): void {
    checkHeader(bytes, this.#stages, out.length)
    this.#payload.decode(bytes.subarray(HEADER_LENGTH), out)
  }

  #encode(values: Float32Array, out: Uint8Array): Uint8Array {
    const length = this.#payload.encode(values, out.subarray(HEADER_LENGTH))
    writeHeader(out, this.#stages, values.length)
    return out.subarray(0, HEADER_LENGTH + length)
  }
}

/** Lets go of the memory that an upper bound had reserved and nothing has used. */
function fit(bytes: Uint8Array): Uint8Array {
  return bytes.length === bytes.buffer.byteLength ? bytes : bytes.slice()
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
