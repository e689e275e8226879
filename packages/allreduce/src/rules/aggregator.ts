/** The contributions to one owner's part of the values. */
export interface Shard {
  /** By rank; equal lengths, finite values. Empty where this rank owns nothing. */
  readonly rows: readonly Float32Array[]
  /** By rank, as their senders say: at least 0. Empty where this rank owns nothing. */
  readonly weights: readonly number[]
}

/** Contributions to some consecutive elements, of those that count. */
export interface Candidates {
  readonly ranks: readonly number[]
  readonly rows: readonly Float32Array[]
  /** Share of the whole weight, capped; they add up to 1. */
  readonly shares: readonly number[]
}

/**
 * What owners learn from each other before they can aggregate: each yields some
 * numbers of at least 0, as many as the others, and gets everybody's, by rank. They are the same at
 * each member, and what is made of them has to be so, too.
 */
export type Exchanges = Generator<Float64Array, void, readonly Float64Array[]>

/** A rule at work on one round's contributions. */
export interface Aggregator {
  /** Whether it looks at each coordinate by itself: it has no exchanges, and needs no whole shard. */
  readonly isCoordinatewise: boolean
  /** To be finished before {@link aggregate}; with an empty shard at a rank that owns nothing. */
  exchanges(shard: Shard): Exchanges
  /**
   * Makes the result of some elements of the shard.
   *
   * @param start of the elements in the shard
   * @param excluded by rank; what of each contribution was left out is added, in elements
   */
  aggregate(shard: Shard, start: number, out: Float32Array, excluded: Float64Array): void
}
