/**
 * Codecs that turn float32 gradients into bytes and back: a value stage
 * (`float32`, `int8`) and, behind it, an optional entropy stage (`+zstd`).
 *
 * ```ts
 * const codec = await createCodec('int8+zstd')
 * const bytes = codec.encode(gradient)
 * codec.decode(bytes, gradient)
 * ```
 *
 * Codecs are synchronous and know no network. Their byte layout is described in
 * the README.
 *
 * @packageDocumentation
 */
export { createCodec } from './codec.ts'
export { codecForCompressionLevel, parseCodecName } from './codec-name.ts'
export { CodecError } from './errors.ts'
export type { CompressionErrorDetails } from './errors.ts'
export { createErrorFeedback } from './feedback/error-feedback.ts'
