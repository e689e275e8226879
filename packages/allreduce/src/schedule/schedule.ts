/**
 * One step of a rank: what it does with one chunk.
 *
 * A chunk travels in two forms. Until it is finished it is a *partial sum*;
 * `finish` happens once per chunk, at the rank that has every contribution, and
 * turns it into the result's bytes, which from then on are passed on verbatim.
 */
export type Step =
  /** Sends the chunk as it is here: a partial sum, or the finished bytes. */
  | { readonly op: 'send'; readonly peer: number; readonly chunk: number }
  /** Receives a partial sum and combines it with what is here. */
  | { readonly op: 'reduce'; readonly peer: number; readonly chunk: number }
  /** Every contribution is in: divide, encode once, take the decoded bytes. */
  | { readonly op: 'finish'; readonly chunk: number }
  /** Receives the finished bytes. */
  | { readonly op: 'copy'; readonly peer: number; readonly chunk: number }

/** All that a schedule may depend on, besides the rank. It comes out of the plan. */
export interface Shape {
  /** Ranks of the group. */
  readonly size: number
  /** Chunks that the values are cut into. */
  readonly chunks: number
  /** Ranks by cluster, each rank in exactly one; used by `hierarchical`. */
  readonly clusters: readonly (readonly number[])[]
  /** The rank that owns each chunk; used by `ring` and `direct`. */
  readonly owners: readonly number[]
  /** The rank whose values count in a broadcast. */
  readonly root: number
}

/**
 * The steps of one rank, in the order in which they would run without
 * pipelining. A step waits for the earlier steps on the same chunk, and for the
 * earlier steps with the same peer in the same direction; nothing else.
 *
 * Pure: the same for every caller, so that each member derives its own steps
 * from the plan and they fit together.
 */
export type Schedule = (rank: number, shape: Shape) => readonly Step[]
