import type { Codec, EncodeContext } from '@daa-compute/interface'

import { HEADER_LENGTH, MAX_VALUES, TILE_LENGTH } from './constants.ts'
import type { EntropyStage } from './entropy/entropy-stage.ts'
import { CodecError, malformed } from './errors.ts'
import { readHeader, writeHeader } from './header.ts'
import { createScratch, type Scratch } from './scratch.ts'
import { seedOf } from './seed.ts'
import { rawLengthOf, readTiles, writeTiles } from './tiles.ts'
import type { ValueStage } from './value-stage.ts'

/** Puts stages together: a header, and behind it the bytes of the value stage, compressed or not. */
export function createPipelineCodec(
  name: string,
  value: ValueStage,
  entropy: EntropyStage | undefined
): Codec {
  return new PipelineCodec(name, value, entropy)
}

class PipelineCodec implements Codec {
  readonly name: string
  readonly lossless: boolean
  readonly #value: ValueStage
  readonly #entropy: EntropyStage | undefined
  /** For the bytes of the value stage; without an entropy stage it stays empty. */
  readonly #raw: Scratch = createScratch()
  readonly #compressed: Scratch = createScratch()

  constructor(name: string, value: ValueStage, entropy: EntropyStage | undefined) {
    this.name = name
    this.lossless = value.lossless
    this.#value = value
    this.#entropy = entropy
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
    return HEADER_LENGTH + this.#value.maxEncodedLength(length)
  }

  encode(values: Float32Array, out?: Uint8Array, context?: EncodeContext): Uint8Array {
    const needed = this.maxEncodedLength(values.length)
    const seed = seedOf(context?.seed)
    if (out === undefined) return fit(this.#encode(values, new Uint8Array(needed), seed))
    if (out.length < needed) {
      throw new CodecError(
        'OUTPUT_TOO_SMALL',
        `encoding ${values.length} values with ${this.name} may take ${needed} bytes, ` +
          `the output array has ${out.length}; ask maxEncodedLength() for its size`,
        { needed, available: out.length }
      )
    }
    return this.#encode(values, out, seed)
  }

  decode(bytes: Uint8Array, out: Float32Array): void {
    this.#value.decode(this.#checked(bytes, out.length), out)
  }

  decodeAdd(bytes: Uint8Array, out: Float32Array, factor = 1): void {
    this.#value.accumulate(this.#checked(bytes, out.length), out, Math.fround(factor))
  }

  #encode(values: Float32Array, out: Uint8Array, seed: bigint): Uint8Array {
    const body = out.subarray(HEADER_LENGTH)
    const { length, entropy } =
      this.#entropy === undefined
        ? { length: this.#value.encode(values, body, seed), entropy: 0 }
        : this.#compress(values, body, seed, this.#entropy)
    const { id: value, blockExponent } = this.#value
    writeHeader(out, { value, entropy, blockExponent, count: values.length })
    return out.subarray(0, HEADER_LENGTH + length)
  }

  /** Nothing gets longer: what does not shrink is written as without an entropy stage. */
  #compress(
    values: Float32Array,
    body: Uint8Array,
    seed: bigint,
    stage: EntropyStage
  ): { length: number; entropy: number } {
    const room = this.#raw.take(this.#value.maxEncodedLength(values.length))
    const raw = room.subarray(0, this.#value.encode(values, room, seed))
    const scratch = this.#compressed.take(stage.maxLength(Math.min(raw.length, TILE_LENGTH)))
    const length = writeTiles(raw, body, stage, scratch)
    if (length !== undefined) return { length, entropy: stage.id }
    body.set(raw)
    return { length: raw.length, entropy: 0 }
  }

  /** The bytes of the value stage, everything about them being checked. */
  #checked(bytes: Uint8Array, count: number): Uint8Array {
    const header = readHeader(bytes)
    const { id, blockExponent, name } = this.#value
    if (header.value !== id || header.blockExponent !== blockExponent) {
      throw malformed(
        `another codec wrote the bytes (value stage ${header.value}, block exponent ` +
          `${header.blockExponent}); sender and receiver both have to use ${name}`
      )
    }
    const stage = this.#stageOf(header.entropy)
    if (header.count !== count) {
      throw new CodecError(
        'LENGTH_MISMATCH',
        `the bytes hold ${header.count} values, the output array has room for exactly ${count}`,
        { encoded: header.count, expected: count }
      )
    }
    const body = bytes.subarray(HEADER_LENGTH)
    const limit = this.#value.maxEncodedLength(count)
    const raw = stage === undefined ? body : this.#decompress(body, limit, stage)
    if (raw.length > limit) {
      throw malformed(`${count} values take ${limit} bytes at most, there are ${raw.length}`)
    }
    const fault = this.#value.check(raw, count)
    if (fault !== undefined) throw malformed(fault)
    return raw
  }

  #decompress(body: Uint8Array, limit: number, stage: EntropyStage): Uint8Array {
    const raw = this.#raw.take(rawLengthOf(body, limit))
    readTiles(body, raw, stage)
    return raw
  }

  #stageOf(id: number): EntropyStage | undefined {
    if (id === 0) return undefined
    const stage = this.#entropy
    if (stage?.id !== id) {
      throw malformed(
        `another codec wrote the bytes (entropy stage ${id}); ` +
          `sender and receiver both have to use ${this.name}`
      )
    }
    return stage
  }
}

/** Lets go of the memory that an upper bound had reserved and nothing has used. */
function fit(bytes: Uint8Array): Uint8Array {
  return bytes.length === bytes.buffer.byteLength ? bytes : bytes.slice()
}
