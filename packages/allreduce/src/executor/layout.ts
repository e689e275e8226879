import type { DType } from '@daa-compute/interface'
import { MAX_SEGMENT_LENGTH, MIN_SEGMENT_LENGTH, SEGMENTS_PER_CHUNK } from '../constants.ts'
import type { Range } from '../schedule/partition.ts'

/**
 * Elements of a full segment for a tensor cut into so many chunks. The plan
 * carries the result, so peers of other versions may choose otherwise.
 *
 * @param dtype of float64 half as many, so that a frame has as many bytes
 */
export function chooseSegmentLength(
  length: number,
  chunkCount: number,
  dtype: DType = 'float32'
): number {
  const shrink = dtype === 'float64' ? 2 : 1
  const wanted = Math.ceil(length / chunkCount / SEGMENTS_PER_CHUNK / 256) * 256
  return Math.min(MAX_SEGMENT_LENGTH / shrink, Math.max(MIN_SEGMENT_LENGTH / shrink, wanted))
}

/** One segment and where it lies, in elements. */
export interface Segment extends Range {
  readonly chunk: number
  /** Number within the chunk, from 0. */
  readonly segment: number
  /** Number among the segments of all chunks, from 0. */
  readonly index: number
}

/** Where the chunks and segments of a tensor lie, in elements. */
export interface Layout {
  readonly chunks: readonly Range[]
  /** Segments of a chunk; none if it is empty. */
  segments(chunk: number): number
  segment(chunk: number, segment: number): Segment
  /** Segments of all chunks together. */
  readonly total: number
}

/** Cuts chunks into segments of `segmentLength` elements, the last one perhaps shorter. */
export function createLayout(chunks: readonly Range[], segmentLength: number): Layout {
  const first: number[] = []
  let total = 0
  for (const { start, end } of chunks) {
    first.push(total)
    total += Math.ceil((end - start) / segmentLength)
  }
  const range = (chunk: number): Range => {
    const found = chunks[chunk]
    if (found === undefined) throw new RangeError(`there is no chunk ${chunk}`)
    return found
  }
  return {
    chunks,
    total,
    segments: (chunk) => Math.ceil((range(chunk).end - range(chunk).start) / segmentLength),
    segment(chunk, segment) {
      const { start, end } = range(chunk)
      const from = start + segment * segmentLength
      const index = (first[chunk] ?? 0) + segment
      return { chunk, segment, index, start: from, end: Math.min(end, from + segmentLength) }
    }
  }
}
