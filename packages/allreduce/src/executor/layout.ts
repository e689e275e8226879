import { partition, type Range } from '../schedule/partition.ts'

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
