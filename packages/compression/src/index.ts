/**
 * Codecs that turn float32 gradients into bytes and back: a value stage (`int8`,
 * `topk:0.01`) and, behind it, an optional entropy stage (`+zstd`).
 *
 * ```ts
 * const codec = await createCodec('int8+zstd')
 * const bytes = codec.encode(gradient)
 * codec.decode(bytes, gradient)
 * ```
 *
 * Codecs are synchronous and know no network. Their byte layout is described in
 * docs/codec-format.md.
 *
 * @packageDocumentation
 */
export { createCodec } from './create-codec.ts'
export { createDelta } from './delta/create-delta.ts'
export type { Delta } from './delta/create-delta.ts'
export { createDeltaDecoder, createDeltaEncoder } from './delta/delta.ts'
export type {
  DeltaDecoder,
  DeltaEncodeOptions,
  DeltaEncoder,
  DeltaInit,
  DeltaMessage,
  DeltaStep
} from './delta/delta.ts'
export { describeEncoded } from './describe.ts'
export type { EncodedDescription } from './describe.ts'
export { CodecError } from './errors.ts'
export type { CompressionErrorDetails } from './errors.ts'
export { createErrorFeedback } from './feedback/error-feedback.ts'
export { createPowerSgd } from './powersgd/powersgd.ts'
export type { PowerSgdInit, TensorShape } from './powersgd/powersgd.ts'
export { measure } from './measure.ts'
export type { Measurement, MeasureOptions } from './measure.ts'
export { codec } from './name/builder.ts'
export type { CodecBuilder, CodecChoice, RoundingOptions, ValueChoice } from './name/builder.ts'
export { codecForCompressionLevel } from './name/compression-level.ts'
export { parseCodecName } from './name/pipeline.ts'
