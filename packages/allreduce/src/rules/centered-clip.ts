import type { Aggregator, Exchanges, Shard } from './aggregator.ts'
import { squaredDistance } from './distances.ts'
import type { RuleOptions } from './rule.ts'
import { agreedWeights, candidatesOf, cappedShares, sumOver, weightsSeen } from './weights.ts'
import { aggregateWindow } from './window.ts'

/** {@link centeredClip} */
export interface CenteredClipRule extends RuleOptions {
  readonly name: 'centeredClip'
  /** Distance from the centre beyond which a contribution is cut off; `undefined` to find one. */
  readonly radius?: number | undefined
  /** How often the centre moves: 1 to 32. */
  readonly iterations: number
}

/** What may be said of {@link centeredClip}; all of it has a default. */
export interface CenteredClipOptions extends RuleOptions {
  /**
   * Distance from the centre, in the unit of the values, beyond which a contribution is
   * cut off. Default: in each iteration the median of the distances, which is no larger
   * than an honest one as long as fewer than half lie
   */
  readonly radius?: number | undefined
  /** How often the centre moves; each takes one small exchange more. 1 to 32. Default 3 */
  readonly iterations?: number | undefined
}

/**
 * Centered clipping: a centre moves to the mean of all contributions, of which those
 * farther than a radius from it are drawn in to that distance; some times over.
 *
 * v ← v + Σ w_i (x_i − v) min(1, radius / ‖x_i − v‖)
 *
 * Breakdown point 1/2: whatever f of n contributions are, they move the centre by no
 * more than f / n of the radius in an iteration; honest ones near it count in full. Norms
 * are those of whole vectors, as in the paper: owners tell each other the squares of their
 * shards' parts in each iteration. None is negative, so an owner that lies can make
 * contributions look farther away than they are and weaken them, not nearer.
 *
 * The paper begins at the last round's result. Here the centre is at first the
 * coordinate-wise median of the round's own contributions, which fewer than half cannot
 * carry away either: nothing has to be remembered, so a round that fails has nothing to
 * take back, and who joins late, or missed a round, makes the same of it.
 *
 * Karimireddy, He & Jaggi, "Learning from history for Byzantine robust optimization"
 * (ICML 2021).
 */
export function centeredClip(options: CenteredClipOptions = {}): CenteredClipRule {
  const { iterations = DEFAULT_ITERATIONS } = options
  return { ...options, name: 'centeredClip', iterations }
}

/** The paper takes one from the last round's result; a median may be farther off. */
const DEFAULT_ITERATIONS = 3

export const MAX_ITERATIONS = 32

export function createCenteredClip(
  rule: CenteredClipRule,
  size: number,
  maxShare: number
): Aggregator {
  let centre = new Float32Array(0)
  /** By rank, of the last iteration. */
  let factors: readonly number[] = []

  return {
    isCoordinatewise: false,
    *exchanges(shard: Shard): Exchanges {
      const length = shard.rows[0]?.length ?? 0
      centre = new Float32Array(length)
      if (length > 0) {
        const candidates = candidatesOf(shard, 0, length, maxShare)
        aggregateWindow(candidates, 0.5, centre, new Float64Array(size))
      }
      for (let iteration = 0; iteration < rule.iterations; iteration++) {
        const squares = Array.from({ length: size }, (_, rank) =>
          length === 0 ? 0 : squaredDistance(shard.rows[rank] as Float32Array, centre)
        )
        const all = yield Float64Array.from([...weightsSeen(shard, size), ...squares])
        const shares = cappedShares(agreedWeights(all, size), maxShare)
        const distances = Array.from(sumOver(all, size), Math.sqrt)
        const radius = rule.radius ?? medianOf(distances, shares)
        factors = distances.map((distance) => (distance > radius ? radius / distance : 1))
        move(
          centre,
          shard.rows,
          shares.map((share, rank) => share * (factors[rank] as number))
        )
      }
    },
    aggregate({ weights }, start, out, excluded) {
      out.set(centre.subarray(start, start + out.length))
      for (const [rank, factor] of factors.entries()) {
        const lost = weights[rank] === 0 ? 1 : 1 - factor
        excluded[rank] = (excluded[rank] as number) + lost * out.length
      }
    }
  }
}

/** The weighted median, the lower one if it lies between two: a contribution's own distance. */
function medianOf(distances: readonly number[], shares: readonly number[]): number {
  const order = [...distances.keys()]
    .filter((rank) => (shares[rank] as number) > 0)
    .toSorted((a, b) => (distances[a] as number) - (distances[b] as number))
  let before = 0
  for (const rank of order) {
    before += shares[rank] as number
    if (before >= 0.5 - 1e-9) return distances[rank] as number
  }
  return 0
}

/** Coordinates that are worked on at a time. */
const BLOCK = 4096

function move(
  centre: Float32Array,
  rows: readonly Float32Array[],
  shares: readonly number[]
): void {
  const sums = new Float64Array(Math.min(BLOCK, centre.length))
  for (let start = 0; start < centre.length; start += BLOCK) {
    const at = centre.subarray(start, start + BLOCK)
    sums.fill(0)
    for (const [rank, row] of rows.entries()) {
      const share = shares[rank] as number
      if (share > 0) addOffsets(sums, row.subarray(start, start + BLOCK), at, share)
    }
    for (let k = 0; k < at.length; k++) at[k] = (at[k] as number) + (sums[k] as number)
  }
}

function addOffsets(
  sums: Float64Array,
  row: Float32Array,
  centre: Float32Array,
  share: number
): void {
  for (let k = 0; k < row.length; k++) {
    sums[k] = (sums[k] as number) + share * ((row[k] as number) - (centre[k] as number))
  }
}
