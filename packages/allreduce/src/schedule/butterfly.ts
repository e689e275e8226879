import { partition } from './partition.ts'
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
 * of the values each way for powers of two, and half of the values more for pairs.
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
  const isHeld = (block: number): boolean => holder(node, block) === rank
  const each = (block: number, act: (chunk: number) => void): void => {
    const { start, end } = blocks[block] ?? { start: 0, end: 0 }
    for (let chunk = start; chunk < end; chunk++) act(chunk)
  }
  /** Sends blocks and takes others, in an order that both sides know. */
  const exchange = (
    sent: readonly number[],
    taken: readonly number[],
    op: 'reduce' | 'copy',
    peerOf: (block: number) => number
  ): void => {
    for (const block of sent) {
      each(block, (chunk) => steps.push({ op: 'send', peer: peerOf(block), chunk }))
    }
    for (const block of taken) {
      each(block, (chunk) => steps.push({ op, peer: peerOf(block), chunk }))
    }
  }

  const all = nearest(node, nodes)
  const own = all.filter((block) => isHeld(block))
  const partners = all.filter((block) => !isHeld(block))
  // what a node passes on first, it has to have first; its own block comes last
  exchange(partners.toReversed(), node < pairs ? own.toReversed() : [], 'reduce', () => rank ^ 1)
  for (let distance = nodes / 2; distance >= 1; distance /= 2) {
    const peer = node ^ distance
    const theirs = nearest(peer, distance).filter((block) => isHeld(block))
    const ours = nearest(node, distance).filter((block) => isHeld(block))
    exchange(theirs.toReversed(), ours.toReversed(), 'reduce', (block) => holder(peer, block))
  }
  if (isHeld(node)) each(node, (chunk) => steps.push({ op: 'finish', chunk }))
  for (let distance = 1; distance < nodes; distance *= 2) {
    const peer = node ^ distance
    const ours = nearest(node, distance).filter((block) => isHeld(block))
    const theirs = nearest(peer, distance).filter((block) => isHeld(block))
    exchange(ours, theirs, 'copy', (block) => holder(peer, block))
  }
  exchange(node < pairs ? own : [], partners, 'copy', () => rank ^ 1)
  return steps
}

/** The largest power of two that is not greater than `size`. */
export function largestPowerOfTwo(size: number): number {
  let power = 1
  while (power * 2 <= size) power *= 2
  return power
}

/** The `width` blocks, a power of two, that are the nearest to `node`: its own first, doubled each time. */
function nearest(node: number, width: number): number[] {
  return Array.from({ length: width }, (_, distance) => node ^ distance)
}
