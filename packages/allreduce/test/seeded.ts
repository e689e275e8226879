/** A number from 0 to below `limit`. */
export type Draw = (limit: number) => number

/** Reproducible draws (mulberry32). A test that fails prints its seed. */
export function seeded(seed: number): Draw {
  let state = seed >>> 0
  return (limit) => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return Math.floor((((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32) * limit)
  }
}

/** Any partition of `size` ranks into clusters, in any order. */
export function randomClusters(draw: Draw, size: number): number[][] {
  const count = 1 + draw(Math.min(size, 9))
  const clusters: number[][] = Array.from({ length: count }, () => [])
  for (const rank of shuffled(draw, size)) clusters[draw(count)]?.push(rank)
  return clusters.filter((cluster) => cluster.length > 0)
}

function shuffled(draw: Draw, size: number): number[] {
  const ranks = Array.from({ length: size }, (_, rank) => rank)
  for (let last = size - 1; last > 0; last--) {
    const other = draw(last + 1)
    const [a = 0, b = 0] = [ranks[last], ranks[other]]
    ranks[last] = b
    ranks[other] = a
  }
  return ranks
}
