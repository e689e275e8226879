import type { PeerId } from '@daa-compute/interface'

/** The shape of a grid. */
export interface GridShape {
  /** Places along an axis, which a group has about as many members as. */
  readonly groupSize: number
  /** Axes. */
  readonly dimensions: number
}

/** Where a peer is that nobody has placed: by its name, so that a newcomer needs no place from anybody. */
export function placeOf(peer: PeerId, { groupSize, dimensions }: GridShape): number[] {
  return Array.from({ length: dimensions }, (_, axis) => hash32(`${axis} ${peer}`) % groupSize)
}

/** The axis along which a step averages. */
export function axisOf(step: number, { dimensions }: GridShape): number {
  return step % dimensions
}

/** The cell of those who have all coordinates in common but that of the axis. */
export function cellOf(coordinates: readonly number[], axis: number): string {
  return coordinates.map((place, i) => (i === axis ? '*' : place)).join(',')
}

/**
 * Who is to bring a cell together, best first: the order of hashes of cell and peer
 * (rendezvous hashing, Thaler & Ravishankar 1998). Peers that know the same others
 * ask the same one; it is another one in each step.
 */
export function matchmakersOf(
  step: number,
  cell: string,
  peers: Iterable<PeerId>,
  count: number
): readonly PeerId[] {
  const best: { readonly peer: PeerId; readonly ticket: number }[] = []
  for (const peer of peers) {
    const ticket = hash32(`${step} ${cell} ${peer}`)
    const last = best.at(-1)
    if (best.length >= count && last !== undefined && ticket >= last.ticket) continue
    best.push({ peer, ticket })
    best.sort((a, b) => a.ticket - b.ticket || (a.peer < b.peer ? -1 : 1))
    best.length = Math.min(best.length, count)
  }
  return best.map(({ peer }) => peer)
}

/** FNV-1a over UTF-16 code units, mixed as MurmurHash3 ends: even, not secret. */
export function hash32(text: string): number {
  let hash = 0x811c9dc5
  for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193)
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b)
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35)
  return (hash ^ (hash >>> 16)) >>> 0
}
