import type { Schedule, Shape, Step } from './schedule.ts'
import { chunksByOwner, finishOwned } from './shape.ts'

/**
 * Ring all-reduce: bandwidth-optimal over two connections per rank, with a delay
 * that grows with the size.
 *
 * Patarasuk and Yuan, "Bandwidth optimal all-reduce algorithms for clusters of
 * workstations", Journal of Parallel and Distributed Computing 69 (2009).
 *
 * A reduce-scatter, after which each rank has every contribution to its own
 * chunks, then an all-gather, in which the finished chunks go around.
 *
 * Per rank: 2 (size - 1) messages each way, of a size-th of the values each.
 */
export const ringSchedule: Schedule = (rank, shape) => [
  ...scatter(rank, shape),
  ...finishOwned(rank, shape),
  ...gather(rank, shape)
]

/** The first half of the ring: each rank ends with the finished chunks that it owns, and only those. */
export const ringReduceScatter: Schedule = (rank, shape) => [
  ...scatter(rank, shape),
  ...finishOwned(rank, shape)
]

/** The second half: each rank finishes the chunks that it owns, from its own values, and all get them. */
export const ringAllGather: Schedule = (rank, shape) => [
  ...finishOwned(rank, shape),
  ...gather(rank, shape)
]

/**
 * In step s rank r sends the block of rank r - s - 1 on and adds that of
 * r - s - 2, so that the last block it adds to is its own.
 */
function scatter(rank: number, shape: Shape): Step[] {
  return around(rank, shape, 'reduce', rank - 1)
}

/** In step s rank r sends the block of rank r - s on and copies that of r - s - 1. */
function gather(rank: number, shape: Shape): Step[] {
  return around(rank, shape, 'copy', rank)
}

/** Once around the ring; the first block to be sent is that of rank `first`, modulo the size. */
function around(rank: number, shape: Shape, op: 'reduce' | 'copy', first: number): Step[] {
  const { size } = shape
  const blocks = chunksByOwner(shape)
  const block = (index: number): readonly number[] => blocks[(index + 2 * size) % size] ?? []
  const next = (rank + 1) % size
  const previous = (rank + size - 1) % size
  const steps: Step[] = []
  for (let s = 0; s < size - 1; s++) {
    for (const chunk of block(first - s)) steps.push({ op: 'send', peer: next, chunk })
    for (const chunk of block(first - s - 1)) steps.push({ op, peer: previous, chunk })
  }
  return steps
}
