import type { Shard } from '../rules/aggregator.ts'
import { AttemptFailure } from './attempt-failure.ts'
import type { Layout, Segment } from './layout.ts'

/**
 * Memory for contributions, kept from round to round: as many elements as a shard times
 * the members, so, where shards are equal, as many as the model has.
 */
export class ContributionMemory {
  #memory = new Float32Array(0)

  /** Whatever was in it is lost. */
  take(length: number): Float32Array {
    if (this.#memory.length < length) this.#memory = new Float32Array(length)
    return this.#memory.subarray(0, length)
  }
}

/** Everybody's part of the chunks that one rank owns, each by itself, until they are aggregated. */
export class Contributions {
  readonly shard: Shard
  readonly #offsets = new Map<number, number>()
  readonly #layout: Layout
  readonly #weights: number[]

  /** @param owned chunks of this rank */
  constructor(memory: ContributionMemory, layout: Layout, owned: readonly number[], size: number) {
    this.#layout = layout
    let length = 0
    for (const chunk of owned) {
      this.#offsets.set(chunk, length)
      const { start, end } = layout.chunks[chunk] ?? { start: 0, end: 0 }
      length += end - start
    }
    const all = memory.take(length * size)
    const rows = Array.from({ length: length === 0 ? 0 : size }, (_, rank) =>
      all.subarray(rank * length, (rank + 1) * length)
    )
    this.#weights = rows.map(() => Number.NaN)
    this.shard = { rows, weights: this.#weights }
  }

  /**
   * Keeps one segment of a rank's contribution.
   *
   * @throws {AttemptFailure} when it comes with another weight than one before
   */
  put(rank: number, at: Segment, values: Float32Array, weight: number): void {
    const before = this.#weights[rank] as number
    if (!Number.isNaN(before) && before !== weight) {
      throw new AttemptFailure(`a contribution that weighs ${weight}, and ${before} elsewhere`)
    }
    this.#weights[rank] = weight
    this.shard.rows[rank]?.set(values, this.offset(at))
  }

  /** Where an owned segment begins in the shard. */
  offset({ chunk, start }: Segment): number {
    return (this.#offsets.get(chunk) ?? 0) + start - (this.#layout.chunks[chunk]?.start ?? 0)
  }
}
