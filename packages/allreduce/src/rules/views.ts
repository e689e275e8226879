import type { PeerId, PlanMember } from '@daa-compute/interface'
import type { Shard } from './aggregator.ts'
import { squaredDistance } from './distances.ts'

/** What a rule made of one participant's contribution. */
export interface Outlier {
  readonly peer: PeerId
  /** Euclidean distance of what it brought from the result, in the unit of the values. */
  readonly distance: number
  /** The same as a multiple of the median of all participants' distances: 1 is usual; 0 if that is 0. */
  readonly relative: number
  /**
   * How much of the contribution was left out, 0 to 1. By `median` and `trimmedMean`, in
   * which share of the coordinates it lay outside of the values that were taken: with
   * the median, of n, at (n - 1) / n of them if it is like the others. By `krum`, 1 if it was not
   * selected. By `centeredClip`, by how much the last iteration shortened its way from the
   * centre. 1 for who brought weight 0.
   */
  readonly excluded: number
}

/** What one owner sees of each contribution to its shard. */
export class Views {
  /** By rank, in elements. */
  readonly excluded: Float64Array
  readonly #squares: Float64Array

  constructor(size: number) {
    this.excluded = new Float64Array(size)
    this.#squares = new Float64Array(size)
  }

  /** Takes in how far the contributions are from a part of the result that begins at `start`. */
  compare({ rows }: Shard, start: number, result: Float32Array): void {
    for (const [rank, row] of rows.entries()) {
      const square = squaredDistance(row.subarray(start, start + result.length), result)
      this.#squares[rank] = (this.#squares[rank] as number) + square
    }
  }

  /** For the others, as {@link outliersOf} takes it. */
  get numbers(): Float64Array {
    return Float64Array.from([...this.#squares, ...this.excluded])
  }
}

/**
 * Puts together what all owners have seen; the same at each member.
 *
 * @param all by owner
 * @param length elements of the values
 */
export function outliersOf(
  members: readonly PlanMember[],
  all: readonly Float64Array[],
  length: number
): Outlier[] {
  const size = members.length
  const sum = (index: number): number =>
    all.reduce((total, numbers) => total + (numbers[index] as number), 0)
  const distances = members.map((_, rank) => Math.sqrt(sum(rank)))
  const usual = distances.toSorted((a, b) => a - b)[(size - 1) >> 1] ?? 0
  return members.map(({ peer }, rank) => {
    const distance = distances[rank] as number
    return {
      peer,
      distance,
      relative: usual === 0 ? 0 : distance / usual,
      // an owner that makes it up is none to be believed, but not to go out of bounds either
      excluded: Math.min(1, sum(size + rank) / length)
    }
  })
}
