import type { DaaError } from './errors.ts'

/** Codes of a {@link CodecError} and what each carries. */
export interface CodecErrorDetails {
  /** No codec has this name; `allowed` lists the forms that exist. */
  UNKNOWN_CODEC: { readonly name: string; readonly allowed: readonly string[] }
  /** A codec's parameter is out of its range. */
  BAD_PARAMETER: { readonly name: string; readonly parameter: string }
  /** The value at `index` is NaN or infinite and the codec's policy is to refuse it. */
  NON_FINITE: { readonly index: number; readonly value: number }
  /** The bytes are not what this codec writes. */
  MALFORMED: { readonly reason: string }
  /** The bytes hold `encoded` values, the caller wants `expected`. */
  LENGTH_MISMATCH: { readonly encoded: number; readonly expected: number }
  /** The output array is too short: `needed` and `available` in bytes. */
  OUTPUT_TOO_SMALL: { readonly needed: number; readonly available: number }
}

/** What a {@link Codec} throws. */
export type CodecError = {
  [Code in keyof CodecErrorDetails]: DaaError<CodecErrorDetails, Code>
}[keyof CodecErrorDetails]

/** What an encoding depends on besides its values. */
export interface EncodeContext {
  /**
   * For codecs that round or choose by chance, which give the same bytes for the
   * same values and seed: its lower 64 bits. One seed must not serve two tensors
   * or two rounds whose errors are to be independent. Default 0.
   */
  readonly seed?: bigint | number
}

/**
 * Turns float32 values into bytes and back.
 *
 * A codec is pure and synchronous: nothing is remembered between calls, and the same
 * values (with the same seed, where chance has a part in it) give the same bytes. On
 * every machine, unless a library has compressed them that is not the same everywhere:
 * a native Zstandard and one in WebAssembly may write different frames. Either reads
 * both, and the values are the same bits. So what has to be equal at all peers is what
 * bytes decode to, or bytes that one peer has made for all.
 *
 * Its bytes describe themselves, so that a decoder can refuse what another codec wrote.
 *
 * Bytes to decode come from a peer and are hostile: `decode` checks everything
 * before it allocates or writes, and leaves `out` untouched when it throws.
 */
export interface Codec {
  /** The name by which users and peers choose it, for example `int8+zstd:1`. */
  readonly name: string

  /** Whether `decode(encode(x))` is `x` bit for bit, for every finite `x`. */
  readonly lossless: boolean

  /** Upper bound of the bytes that `encode` writes for `length` values. */
  maxEncodedLength(length: number): number

  /**
   * Encodes `values`; any length, zero included.
   *
   * @param out where to write, at least `maxEncodedLength(values.length)` bytes;
   * allocated when left out
   * @returns the encoded bytes: a view of `out` if it was given
   * @throws {CodecError} `NON_FINITE`, `OUTPUT_TOO_SMALL`
   */
  encode(values: Float32Array, out?: Uint8Array, context?: EncodeContext): Uint8Array

  /**
   * Decodes exactly `out.length` values into `out`.
   *
   * @throws {CodecError} `MALFORMED`, `LENGTH_MISMATCH`; `out` is then untouched
   */
  decode(bytes: Uint8Array, out: Float32Array): void

  /**
   * Decodes exactly `out.length` values and adds them to `out`, `factor` times
   * each, without needing memory for them. Product and sum are rounded to float32
   * one after the other, and what decodes to zero may leave a -0 in `out` as it is.
   *
   * @param factor default 1
   * @throws {CodecError} `MALFORMED`, `LENGTH_MISMATCH`; `out` is then untouched
   */
  decodeAdd?(bytes: Uint8Array, out: Float32Array, factor?: number): void
}
