import { type Range, partition } from './partition.ts'
import type { Schedule, Step } from './schedule.ts'

/**
 * Butterfly all-reduce: recursive halving, then recursive doubling. Bandwidth
 * as good as the ring's for powers of two, with a delay that grows with the
 * logarithm of the size.
 *
 * Rabenseifner, "Optimization of collective reduction operations" (ICCS 2004);
 * for sizes that are no power of two the elimination of Rabenseifner and Träff,
 * "More efficient reduction algorithms for non-power-of-two number of processors
 * in message-passing parallel systems" (EuroPVM/MPI 2004).
 *
 * The largest power of two of nodes takes part; as many of them as it takes to
 * cover the rest are pairs of ranks. A pair first swaps halves of the chunks, so
 * that one of the two has both contributions to the lower half and the other to
 * the upper half, and each then acts for the node where its half is concerned.
 * In every round two nodes swap what the other is to keep, half as much each
 * time, until each node has one block; then the same way back.
 *
 * Per rank: 2 log₂ size rounds, and 2 more where there are pairs; 2 (size - 1) / size
 * of the values for powers of two, and up to 1 times the values more for others.
 */
export const butterflySchedule: Schedule = (rank, shape) => {
  const nodes = largestPowerOfTwo(shape.size)
  const pairs = shape.size - nodes
  const node = rank < 2 * pairs ? Math.floor(rank / 2) : rank - pairs
  const blocks = partition(shape.chunks, nodes)
  const steps: Step[] = []

  /** The rank that acts for a node where a block is concerned. */
  const holder = (of: number, block: number): number =>
    of >= pairs ? of + pairs : 2 * of + (block < nodes / 2 ? 0 : 1)
  const each = (range: Range, act: (chunk: number, block: number) => void): void => {
    for (let block = range.start; block < range.end; block++) {
      const chunks = blocks[block] ?? { start: 0, end: 0 }
      for (let chunk = chunks.start; chunk < chunks.end; chunk++) act(chunk, block)
    }
  }
  /** Swaps blocks with another node: what this rank holds of `mine` for what it is to hold of `theirs`. */
  const swap = (peer: number, sent: Range, taken: Range, op: 'reduce' | 'copy'): void => {
    each(sent, (chunk, block) => {
      if (holder(node, block) === rank) steps.push({ op: 'send', peer: holder(peer, block), chunk })
    })
    each(taken, (chunk, block) => {
      if (holder(node, block) === rank) steps.push({ op, peer: holder(peer, block), chunk })
    })
  }
  /** Swaps halves within a pair: the partner's for this rank's own. */
  const swapInPair = (sent: boolean, op: 'reduce' | 'copy'): void => {
    if (node >= pairs) return
    const peer = rank ^ 1
    const all = { start: 0, end: nodes }
    each(all, (chunk, block) => {
      if ((holder(node, block) === rank) === sent) steps.push({ op: 'send', peer, chunk })
    })
    each(all, (chunk, block) => {
      if ((holder(node, block) === rank) !== sent) steps.push({ op, peer, chunk })
    })
  }

  swapInPair(false, 'reduce')
  for (let distance = nodes / 2; distance >= 1; distance /= 2) {
    const peer = node ^ distance
    swap(peer, aligned(peer, distance), aligned(node, distance), 'reduce')
  }
  each(aligned(node, 1), (chunk, block) => {
    if (holder(node, block) === rank) steps.push({ op: 'finish', chunk })
  })
  for (let distance = 1; distance < nodes; distance *= 2) {
    const peer = node ^ distance
    swap(peer, aligned(node, distance), aligned(peer, distance), 'copy')
  }
  swapInPair(true, 'copy')
  return steps
}

/** The largest power of two that is not greater than `size`. */
export function largestPowerOfTwo(size: number): number {
  let power = 1
  while (power * 2 <= size) power *= 2
  return power
}

/** The `width` blocks, a power of two, among which `node` is. */
function aligned(node: number, width: number): Range {
  const start = node - (node % width)
  return { start, end: start + width }
}
