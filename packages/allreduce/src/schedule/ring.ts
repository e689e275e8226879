import { partition } from './partition.ts'
import type { Step } from './schedule.ts'

/**
 * Ring all-reduce: bandwidth-optimal, with a delay that grows with the size.
 *
 * Patarasuk and Yuan, "Bandwidth optimal all-reduce algorithms for clusters of
 * workstations", Journal of Parallel and Distributed Computing 69 (2009).
 *
 * The chunks are dealt to `size` blocks. In the reduce-scatter, step s of rank r
 * sends block r - s to the next rank and adds block r - s - 1 from the previous
 * one, so that after size - 1 steps rank r has every contribution to block
 * r + 1. In the all-gather the finished blocks go once around.
 *
 * Per rank: 2 (size - 1) steps each way; 2 (size - 1) / size of the values sent.
 */
export function ringSchedule(rank: number, size: number, chunks: number): readonly Step[] {
  const blocks = partition(chunks, size)
  const next = (rank + 1) % size
  const previous = (rank + size - 1) % size
  const steps: Step[] = []

  const each = (block: number, add: (chunk: number) => void): void => {
    const range = blocks[((block % size) + size) % size]
    if (range === undefined) return
    for (let chunk = range.start; chunk < range.end; chunk++) add(chunk)
  }

  for (let s = 0; s < size - 1; s++) {
    each(rank - s, (chunk) => steps.push({ op: 'send', peer: next, chunk }))
    each(rank - s - 1, (chunk) => steps.push({ op: 'reduce', peer: previous, chunk }))
  }
  each(rank + 1, (chunk) => steps.push({ op: 'finish', chunk }))
  for (let s = 0; s < size - 1; s++) {
    each(rank + 1 - s, (chunk) => steps.push({ op: 'send', peer: next, chunk }))
    each(rank - s, (chunk) => steps.push({ op: 'copy', peer: previous, chunk }))
  }
  return steps
}
