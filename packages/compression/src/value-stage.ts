/**
 * The first stage of a codec: values to bytes of a length that follows from
 * their number alone.
 *
 * Bytes of whole tiles are independent of each other and concatenate, so that
 * the pipeline can work tile by tile.
 */
export interface ValueStage {
  readonly name: ValueStageName
  /** On the wire; see the byte layout in the README. */
  readonly id: number
  /** log2 of the values per block, 0 where there are no blocks; on the wire. */
  readonly blockExponent: number
  readonly lossless: boolean

  encodedLength(count: number): number

  /**
   * @param out exactly `encodedLength(values.length)` bytes
   * @returns -1, or the index of the first value that is not finite
   */
  encode(values: Float32Array, out: Uint8Array): number

  /**
   * Checks everything that `decode` relies on and writes nothing.
   *
   * @param bytes exactly `encodedLength(count)` bytes, hostile
   * @returns what is wrong with them, or `undefined`
   */
  findFault(bytes: Uint8Array, count: number): string | undefined

  /** @param bytes exactly `encodedLength(out.length)` bytes without a fault */
  decode(bytes: Uint8Array, out: Float32Array): void
}

/** Names of the value stages. */
export type ValueStageName = 'float32' | 'int8'
