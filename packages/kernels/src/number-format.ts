/**
 * A way to write float32 values with fewer bits: `int8`, `int4`, `float16` or
 * `bfloat16`.
 *
 * Everything is little-endian. The block formats write blocks of 256 values back
 * to back, each as its scale, a float32, and its codes; only the last block may be
 * shorter. The others write 2 bytes per value.
 *
 * Nothing here throws because of what values or bytes hold. A `RangeError` says
 * that an array is too short, which is a mistake of the caller; extra room is left
 * alone. The arrays of one call must not overlap.
 */
export interface NumberFormat {
  /** Bytes that {@link encode} writes for this many values. */
  encodedLength(count: number): number

  /**
   * Encodes all values, each to the nearest code, ties to even.
   *
   * @param out at least `encodedLength(values.length)` bytes; a place in its memory
   * that is a multiple of 4 is faster
   * @param seed for the block formats: rounds up or down by chance instead, so that
   * the expected value of what is decoded is the value itself. The same values and
   * seed, of which the lower 64 bits count, give the same bytes. The others ignore it
   * @returns -1; or the index of the first value that the format has nothing for,
   * because it is not finite or, in `float16` and `bfloat16`, would be rounded to
   * infinity. What is in `out` then means nothing
   */
  encode(values: Float32Array, out: Uint8Array, seed?: bigint): number

  /**
   * Looks in bytes from elsewhere for what {@link encode} cannot have written and
   * what would decode to values that are not finite. Without it `decode` and
   * `accumulate` are still safe, but what they yield may be infinite or NaN.
   *
   * @param bytes at least `encodedLength(count)` of them
   * @returns -1; or the index of the first value whose block, or which itself, is at fault
   */
  findFault(bytes: Uint8Array, count: number): number

  /**
   * Decodes `out.length` values.
   *
   * @param bytes at least `encodedLength(out.length)` of them
   */
  decode(bytes: Uint8Array, out: Float32Array): void

  /**
   * Decodes `out.length` values and adds `factor` times each to `out`. Product and
   * sum are rounded to float32 one after the other.
   *
   * @param bytes at least `encodedLength(out.length)` of them
   * @param factor rounded to float32; default 1
   */
  accumulate(bytes: Uint8Array, out: Float32Array, factor?: number): void
}
