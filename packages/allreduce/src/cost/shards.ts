import { SHARD_UNITS } from './constants.ts'
import type { Network } from './network.ts'

/**
 * Sizes of shards for `direct` that keep every uplink and downlink busy for the
 * same time. A rank that owns the share s of M bits moves (1 + (size - 2) s) M of
 * them each way; so with the time T per bit those with a bandwidth b > 1 / T get
 * (b T - 1) / (size - 2), the others nothing, and T is what makes the sum 1.
 *
 * @param spared ranks that get nothing, not all of them
 * @returns relative sizes as the plan carries them: integers up to 1,000
 */
export function balancedShards(
  { size, uplinks, downlinks }: Network,
  spared: ReadonlySet<number> = NOBODY
): readonly number[] {
  const speeds = Array.from(uplinks, (uplink, rank) =>
    spared.has(rank) ? 0 : Math.min(uplink, downlinks[rank] ?? uplink)
  )
  if (size <= 2) return speeds.map((speed) => (speed > 0 ? 1 : 0))
  const fastest = speeds.toSorted((a, b) => b - a)
  let sum = 0
  let time = 0
  for (const [index, speed] of fastest.entries()) {
    // one more owner, as long as there is something left for it
    if (index > 0 && speed * time <= 1) break
    sum += speed
    time = (size - 2 + index + 1) / sum
  }
  const shares = speeds.map((speed) => Math.max(0, speed * time - 1))
  const largest = Math.max(...shares)
  return shares.map((share) => Math.round((share / largest) * SHARD_UNITS))
}

const NOBODY: ReadonlySet<number> = new Set()

/**
 * One owner of everything: the rank to which the farthest one is nearest.
 * For values so small that frames cost more than their bytes.
 *
 * @param bytes of all values on the wire
 */
export function singleShard(
  { size, delays, bandwidths }: Network,
  bytes: number,
  spared: ReadonlySet<number> = NOBODY
): readonly number[] {
  let best = 0
  let least = Number.POSITIVE_INFINITY
  for (let center = 0; center < size; center++) {
    if (spared.has(center)) continue
    let farthest = 0
    for (let rank = 0; rank < size; rank++) {
      if (rank === center) continue
      const [out, back] = [center * size + rank, rank * size + center]
      const delay = (delays[out] ?? 0) + (delays[back] ?? 0)
      const transfer = bytes * 8e3 * (1 / (bandwidths[out] ?? 1) + 1 / (bandwidths[back] ?? 1))
      farthest = Math.max(farthest, delay + transfer)
    }
    if (farthest < least) [best, least] = [center, farthest]
  }
  return Array.from({ length: size }, (_, rank) => (rank === best ? 1 : 0))
}
