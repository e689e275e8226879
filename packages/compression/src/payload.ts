/** What follows the header: how a codec lays out and reads its payload. */
export interface PayloadFormat {
  /** Id of the entropy stage, on the wire; 0 when there is none. */
  readonly entropyId: number

  /** Upper bound of the bytes that `encode` writes. */
  maxLength(count: number): number

  /**
   * @param out at least `maxLength(values.length)` bytes
   * @returns how many bytes it wrote
   * @throws {CodecError} `NON_FINITE`
   */
  encode(values: Float32Array, out: Uint8Array): number

  /**
   * Fills `out`, or throws and leaves it untouched.
   *
   * @throws {CodecError} `MALFORMED`
   */
  decode(bytes: Uint8Array, out: Float32Array): void
}
