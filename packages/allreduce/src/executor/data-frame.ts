/**
 * A data frame: a header of 32 bytes, then one segment's bytes.
 *
 * | offset | field                                                   |
 * | ------ | ------------------------------------------------------- |
 * | 0      | first 8 bytes of the plan's digest                      |
 * | 8      | sequence, uint32                                        |
 * | 12     | attempt, uint32                                         |
 * | 16     | chunk, uint24                                           |
 * | 19     | exchange, uint8: which all-reduce of the attempt        |
 * | 20     | segment of the chunk, uint32                            |
 * | 24     | weight, float64: of a mean's partial sum, the sum of    |
 * |        | the weights of the contributions in it; otherwise 0     |
 *
 * Little-endian. The header's length is a multiple of eight, so that the
 * payload of an aligned frame is aligned too. Run and incarnation are those of
 * the channel, which said so in its first frame.
 */
export const DATA_HEADER_LENGTH = 32

/** Most all-reduces of one attempt. */
export const MAX_EXCHANGES = 255

/** What the header says. */
export interface DataHeader {
  readonly sequence: number
  readonly attempt: number
  readonly chunk: number
  /** Which of several all-reduces of the attempt, from 0. */
  readonly exchange: number
  readonly segment: number
  readonly weight: number
}

/** Writes the header of one frame. */
export function writeDataHeader(header: DataHeader, planDigest: Uint8Array, out: Uint8Array): void {
  const view = new DataView(out.buffer, out.byteOffset, DATA_HEADER_LENGTH)
  out.set(planDigest.subarray(0, 8))
  view.setUint32(8, header.sequence, true)
  view.setUint32(12, header.attempt, true)
  view.setUint32(16, header.chunk | (header.exchange << 24), true)
  view.setUint32(20, header.segment, true)
  view.setFloat64(24, header.weight, true)
}

/** Reads a header; `undefined` when the frame is too short to have one. */
export function readDataHeader(frame: Uint8Array): DataHeader | undefined {
  if (frame.byteLength < DATA_HEADER_LENGTH) return undefined
  const view = new DataView(frame.buffer, frame.byteOffset, DATA_HEADER_LENGTH)
  return {
    sequence: view.getUint32(8, true),
    attempt: view.getUint32(12, true),
    chunk: view.getUint32(16, true) & 0xff_ffff,
    exchange: view.getUint8(19),
    segment: view.getUint32(20, true),
    weight: view.getFloat64(24, true)
  }
}

/** Whether the frame belongs to the plan with this digest. */
export function isOfPlan(frame: Uint8Array, planDigest: Uint8Array): boolean {
  for (let i = 0; i < 8; i++) if (frame[i] !== planDigest[i]) return false
  return true
}
