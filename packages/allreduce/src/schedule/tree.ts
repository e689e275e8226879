import type { Schedule, Shape, Step } from './schedule.ts'

/** A rank's place in one tree; `parent` is undefined at the root. */
interface Place {
  readonly parent: number | undefined
  readonly children: readonly number[]
}

/**
 * Double binary tree all-reduce: a delay that grows with the logarithm of the
 * size, and full bandwidth all the same.
 *
 * Sanders, Speck and Träff, "Two-tree algorithms for full bandwidth broadcast,
 * reduction and scan", Parallel Computing 35 (2009).
 *
 * Every other chunk is reduced up one binary tree, finished at its root and
 * passed down again; the chunks between take a second tree, in which the inner
 * nodes of the first are leaves. So each rank sends and receives every chunk
 * about twice, whatever its place. The steps say up before down; but only where
 * the two trees use the same channel in the same direction does that keep a chunk
 * that could go down waiting.
 *
 * Per rank: at most 3 messages each way per chunk; 2 times the values on average.
 */
export const treeSchedule: Schedule = (rank, shape) => {
  const places = [firstTree(rank, shape.size), secondTree(rank, shape.size)]
  const steps: Step[] = []
  for (const way of [up, down]) {
    for (let chunk = 0; chunk < shape.chunks; chunk++) {
      const place = places[chunk % 2]
      if (place !== undefined) way(place, chunk, steps)
    }
  }
  return steps
}

/**
 * Broadcast down two trees of all ranks but the root, which sends one half of
 * the chunks to the top of one and the other half to the top of the other.
 *
 * Per rank: 1 message in per chunk, at most 2 out; 1 times the values each way.
 */
export const treeBroadcast: Schedule = (rank, shape) => {
  const places = [firstTree, secondTree].map((tree) => placeBelowRoot(rank, shape, tree))
  const steps: Step[] = []
  for (let chunk = 0; chunk < shape.chunks; chunk++) {
    if (rank === shape.root) steps.push({ op: 'finish', chunk })
    const place = places[chunk % 2]
    if (place !== undefined) down(place, chunk, steps)
  }
  return steps
}

function up(place: Place, chunk: number, steps: Step[]): void {
  for (const peer of place.children) steps.push({ op: 'reduce', peer, chunk })
  if (place.parent === undefined) steps.push({ op: 'finish', chunk })
  else steps.push({ op: 'send', peer: place.parent, chunk })
}

function down(place: Place, chunk: number, steps: Step[]): void {
  if (place.parent !== undefined) steps.push({ op: 'copy', peer: place.parent, chunk })
  for (const peer of place.children) steps.push({ op: 'send', peer, chunk })
}

/**
 * The in-order binary tree over the positions 1…size: a position's height is the
 * number of times 2 divides it, so the odd ones are the leaves.
 */
function inOrderTree(position: number, size: number): Place {
  const height = position & -position
  const children: number[] = []
  if (height > 1) {
    children.push(position - height / 2)
    let right = height / 2
    while (right > 0 && position + right > size) right = Math.floor(right / 2)
    if (right > 0) children.push(position + right)
  }
  const below = position - height
  const beside = below | (2 * height)
  const above = beside > size ? below : beside
  return { parent: above === 0 ? undefined : above, children }
}

/** The parent of a rank in the first tree; `undefined` for its root. */
export function treeParent(rank: number, size: number): number | undefined {
  return firstTree(rank, size).parent
}

/** Inner nodes are the ranks at even positions. */
function firstTree(rank: number, size: number): Place {
  return relabel(inOrderTree(rank + 1, size), (position) => position - 1)
}

/** The same tree mirrored, or for odd sizes shifted by one, so that odd positions are its inner nodes. */
function secondTree(rank: number, size: number): Place {
  if (size % 2 === 0) {
    return relabel(inOrderTree(size - rank, size), (position) => size - position)
  }
  return relabel(inOrderTree(((rank + 1) % size) + 1, size), (p) => (p - 2 + size) % size)
}

function placeBelowRoot(rank: number, shape: Shape, tree: typeof firstTree): Place {
  const { root, size } = shape
  const toRank = (inner: number): number => (root + 1 + inner) % size
  const inner = (rank - root - 1 + size) % size
  if (rank !== root) {
    const { parent, children } = relabel(tree(inner, size - 1), toRank)
    return { parent: parent ?? root, children }
  }
  const tops = Array.from({ length: size - 1 }, (_, i) => i).filter(
    (i) => tree(i, size - 1).parent === undefined
  )
  return { parent: undefined, children: tops.map(toRank) }
}

function relabel(place: Place, label: (node: number) => number): Place {
  const { parent, children } = place
  return {
    parent: parent === undefined ? undefined : label(parent),
    children: children.map(label)
  }
}
