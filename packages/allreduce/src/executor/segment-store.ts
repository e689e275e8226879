/** What an executor moves: the segments of one rank during an attempt. */
export interface SegmentStore {
  /**
   * The bytes to send of a segment. They stay valid until {@link sent}.
   *
   * @param scratch where a partial sum is encoded: the sender's own, since it
   * lives as long as the send
   */
  outgoing(step: number, chunk: number, segment: number, scratch: Uint8Array): Uint8Array

  /** What the header says of a segment that is sent at a step: the weight in its partial sum. */
  outgoingWeight(step: number, chunk: number, segment: number): number

  /** Bytes that a segment's payload is or stands for. */
  payloadLength(step: number, chunk: number, segment: number, payload: Uint8Array): number

  /** A scratch buffer for {@link outgoing}. */
  createScratch(): Uint8Array

  /** The send of a segment is over and its bytes are free. */
  sent(step: number, chunk: number, segment: number): void

  /**
   * Adds a partial sum.
   *
   * @param weight what the header says is in it
   * @throws {CodecError | AttemptFailure} for bad bytes, before any change
   */
  reduce(step: number, chunk: number, segment: number, payload: Uint8Array, weight: number): void

  /** Divides, rounds and encodes once. @throws {AttemptFailure} when there is no result */
  finish(step: number, chunk: number, segment: number): void

  /** Takes finished bytes. @throws {CodecError | AttemptFailure} for bad bytes, before any change */
  copy(step: number, chunk: number, segment: number, payload: Uint8Array): void

  /** Digest of the result: call it once, at the end. */
  digest(): Uint8Array
}
