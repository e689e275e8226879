import type { Floats } from './arithmetic.ts'
import type { Segment } from './layout.ts'

/**
 * In which form values are summed and cross the network, by dtype and codec. A
 * segment is *partial* until it is finished, and then, at every rank, what its
 * finished bytes stand for.
 */
export interface Form {
  /** Bytes that an encoded partial sum may need; 0 where its memory itself is sent. */
  readonly partialCapacity: number

  /** Makes the sums start from the caller's values; called once, before any other use. */
  load(segment: Segment): void

  /** Where the partial sum is. */
  sums(segment: Segment): Floats

  /** The bytes of a partial sum: a view of it or of `scratch`. */
  encodePartial(segment: Segment, scratch: Uint8Array): Uint8Array

  /**
   * The partial sum that came as these bytes; valid until the next call.
   *
   * @throws {CodecError | AttemptFailure} for bytes that are none
   */
  decodePartial(segment: Segment, payload: Uint8Array): Floats

  /**
   * Turns the sum into the result and returns its bytes.
   *
   * @param total what the sum was divided by
   * @throws {AttemptFailure} when the result overflows
   */
  finish(segment: Segment, total: number): Uint8Array

  /**
   * Takes the bytes of a result.
   *
   * @throws {CodecError | AttemptFailure} for bad bytes; nothing is changed then
   */
  take(segment: Segment, payload: Uint8Array): void

  /** The very bytes that were finished or taken. */
  finished(segment: Segment): Uint8Array

  /** They were sent once. */
  release(segment: Segment): void
}
