/**
 * The first stage of a codec: values to bytes.
 *
 * Its bytes need the number of values to be read, nothing else: everything they
 * depend on besides is in them or in the stage's id and block exponent, which the
 * header carries.
 */
export interface ValueStage {
  /** Canonical, with its parameter: `topk:0.01`. */
  readonly name: string

  /** On the wire, 1 to 255; see docs/codec-format.md. */
  readonly id: number

  /** log2 of the values per block, 0 where there are no blocks; on the wire. */
  readonly blockExponent: number

  /** Whether every finite value comes back bit for bit. */
  readonly lossless: boolean

  /** Upper bound of the bytes that `encode` writes. */
  maxEncodedLength(count: number): number

  /**
   * @param out at least `maxEncodedLength(values.length)` bytes; may be left half
   * written when this throws
   * @param seed 64 bits, for stages that round or choose by chance
   * @returns how many bytes it wrote
   * @throws {CodecError} `NON_FINITE`
   */
  encode(values: Float32Array, out: Uint8Array, seed: bigint): number

  /**
   * Checks everything that `decode` and `accumulate` rely on and writes nothing.
   *
   * @param bytes hostile, at most `maxEncodedLength(count)` of them
   * @returns what is wrong with them, or `undefined`
   */
  check(bytes: Uint8Array, count: number): string | undefined

  /**
   * Fills `out`.
   *
   * @param bytes in which `check` has found nothing wrong
   */
  decode(bytes: Uint8Array, out: Float32Array): void

  /**
   * Adds `factor` times each decoded value to `out`: product and sum are rounded
   * to float32 one after the other.
   *
   * @param bytes in which `check` has found nothing wrong
   */
  accumulate(bytes: Uint8Array, out: Float32Array, factor: number): void
}
