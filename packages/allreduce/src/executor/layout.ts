import { MAX_SEGMENT_LENGTH, MIN_SEGMENT_LENGTH, SEGMENTS_PER_CHUNK } from '../constants.ts'
import { partition, type Range } from '../schedule/partition.ts'

/**
 * Elements of a full segment for a tensor cut into so many chunks. The plan
 * carries the result, so peers of other versions may choose otherwise.
 */
export function chooseSegmentLength(length: number, chunkCount: number): number {
  const wanted = Math.ceil(length / chunkCount / SEGMENTS_PER_CHUNK / 256) * 256
  return Math.min(MAX_SEGMENT_LENGTH, Math.max(MIN_SEGMENT_LENGTH, wanted))
}

/** Where the chunks and segments of a tensor lie, in elements. */
export interface Layout {
  readonly chunks: readonly Range[]
  /** Segments of a chunk; none if it is empty. */
  segments(chunk: number): number
  segment(chunk: number, segment: number): Range
}

/** Cuts `length` values into chunks of nearly equal size, and those into segments. */
export function createLayout(length: number, chunkCount: number, segmentLength: number): Layout {
  const chunks = partition(length, chunkCount)
  const range = (chunk: number): Range => {
    const found = chunks[chunk]
    if (found === undefined) throw new RangeError(`there is no chunk ${chunk}`)
    return found
  }
  return {
    chunks,
    segments: (chunk) => Math.ceil((range(chunk).end - range(chunk).start) / segmentLength),
    segment(chunk, segment) {
      const { start, end } = range(chunk)
      const from = start + segment * segmentLength
      return { start: from, end: Math.min(end, from + segmentLength) }
    }
  }
}
