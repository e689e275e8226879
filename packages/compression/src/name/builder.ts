import { parseCodecName } from './pipeline.ts'

/** A codec that has been chosen: `createCodec` takes it, and its `name` goes wherever a name does. */
export interface CodecChoice {
  /** Canonical. */
  readonly name: string
}

/** A value stage that has been chosen, with no entropy stage or one to follow. */
export interface ValueChoice extends CodecChoice {
  /** @param level 1 to 19; default 1 */
  zstd(level?: number): CodecChoice
  lz4(): CodecChoice
  snappy(): CodecChoice
  /** @param bandwidth of the link, as in a name: `100M` bits/s */
  auto(bandwidth?: string): CodecChoice
}

/** How `int8` and `int4` round. */
export interface RoundingOptions {
  /** By chance, so that the error is zero on average; default to nearest. */
  readonly stochastic?: boolean
}

/** Begins a codec's name. Every method throws {@link CodecError} `BAD_PARAMETER`. */
export interface CodecBuilder {
  float32(): ValueChoice
  float16(): ValueChoice
  bfloat16(): ValueChoice
  int8(options?: RoundingOptions): ValueChoice
  int4(options?: RoundingOptions): ValueChoice
  sign(): ValueChoice
  sparse(): ValueChoice
  /** @param fraction of the values that are kept: above 0, at most 1 */
  topk(fraction: number): ValueChoice
  /** @param fraction of the values that are kept: above 0, at most 1 */
  randomk(fraction: number): ValueChoice
  /** @param magnitude values of less than this become 0; above 0 */
  threshold(magnitude: number): ValueChoice
  /**
   * For `createDelta`: differences from what was sent before.
   *
   * @param differences what they are encoded with; default `float32`
   */
  delta(differences?: ValueChoice): ValueChoice
}

/**
 * Puts a codec together: `codec().topk(0.01).zstd(1)` is `topk:0.01+zstd:1`.
 */
export function codec(): CodecBuilder {
  return BUILDER
}

const BUILDER: CodecBuilder = {
  float32: () => choice('float32'),
  float16: () => choice('float16'),
  bfloat16: () => choice('bfloat16'),
  int8: (options) => choice(rounded('int8', options)),
  int4: (options) => choice(rounded('int4', options)),
  sign: () => choice('sign'),
  sparse: () => choice('sparse'),
  topk: (fraction) => choice(`topk:${fraction}`),
  randomk: (fraction) => choice(`randomk:${fraction}`),
  threshold: (magnitude) => choice(`threshold:${magnitude}`),
  delta: (differences) => choice(differences === undefined ? 'delta' : `delta:${differences.name}`)
}

function choice(text: string): ValueChoice {
  const name = parseCodecName(text)
  const followedBy = (entropy: string): CodecChoice => ({
    name: parseCodecName(`${name}+${entropy}`)
  })
  return {
    name,
    zstd: (level) => followedBy(level === undefined ? 'zstd' : `zstd:${level}`),
    lz4: () => followedBy('lz4'),
    snappy: () => followedBy('snappy'),
    auto: (bandwidth) => followedBy(bandwidth === undefined ? 'auto' : `auto:${bandwidth}`)
  }
}

function rounded(name: string, options: RoundingOptions | undefined): string {
  return options?.stochastic === true ? `${name}:stochastic` : name
}
