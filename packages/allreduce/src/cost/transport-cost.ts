import {
  FLOW_PENALTY,
  FRAME_CPU_MS,
  FRAME_OVERHEAD,
  MAX_FLOW_PENALTY,
  RECEIVE_CPU_MS_PER_BYTE,
  SEND_CPU_MS_PER_BYTE,
  WINDOW_BYTES
} from './constants.ts'
import type { ValueCost } from './value-cost.ts'

/** What moving bytes costs besides the time on the wire. */
export interface TransportCost {
  /** ms of processor time per frame, at each end. */
  readonly frameMs: number
  /** Bytes of a frame besides its payload. */
  readonly frameOverhead: number
  /** ms of processor time per byte. */
  readonly sendMsPerByte: number
  readonly receiveMsPerByte: number
  /** Bytes that a channel takes before it waits for the receiver. */
  readonly windowBytes: number
  /** Part of the bandwidth that each further peer costs. */
  readonly flowPenalty: number
}

/** That of libp2p in Node. */
export const TRANSPORT_COST: TransportCost = {
  frameMs: FRAME_CPU_MS,
  frameOverhead: FRAME_OVERHEAD,
  sendMsPerByte: SEND_CPU_MS_PER_BYTE,
  receiveMsPerByte: RECEIVE_CPU_MS_PER_BYTE,
  windowBytes: WINDOW_BYTES,
  flowPenalty: FLOW_PENALTY
}

/** What it costs to move one chunk. */
export interface ChunkCost {
  readonly segments: number
  /** On the wire. */
  readonly bytes: number
  /** ms of processor time to send it, encoded or to be encoded, to receive and to finish it. */
  readonly forwardMs: number
  readonly encodeMs: number
  readonly reduceMs: number
  readonly copyMs: number
  readonly finishMs: number
}

/** What it costs to move a chunk of so many elements. */
export function chunkCost(
  elements: number,
  segmentLength: number,
  value: ValueCost,
  transport: TransportCost
): ChunkCost {
  const segments = Math.ceil(elements / segmentLength)
  const bytes = elements * value.bytes + segments * transport.frameOverhead
  const frames = segments * transport.frameMs
  const received = frames + bytes * transport.receiveMsPerByte + elements * value.decodeMs
  const recoded = value.encodeMs > 0 ? value.encodeMs + value.decodeMs : 0
  return {
    segments,
    bytes,
    forwardMs: frames + bytes * transport.sendMsPerByte,
    encodeMs: elements * value.encodeMs,
    reduceMs: received + elements * value.reduceMs,
    copyMs: received,
    finishMs: elements * (value.reduceMs + recoded)
  }
}

/** ms per byte of links with these bits/s, which so many peers share. */
export function msPerByte(
  bandwidths: Float64Array,
  peers: Int32Array,
  transport: TransportCost
): Float64Array {
  return bandwidths.map((bandwidth, rank) => {
    const penalty = Math.min(MAX_FLOW_PENALTY, ((peers[rank] ?? 0) - 1) * transport.flowPenalty)
    return (8e3 / bandwidth) * (1 + Math.max(0, penalty))
  })
}
