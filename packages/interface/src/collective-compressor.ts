import type { Codec } from './codec.ts'
import type { ReduceOp, RoundRequest } from './round.ts'

/**
 * Compresses a whole all-reduce instead of single messages, as PowerSGD does: it
 * has the ranks all-reduce other arrays, one after another, and makes the result
 * out of what they come to.
 *
 * Every rank has to have one of the same name and layout. It may remember things
 * between rounds: what of them has to be equal at all ranks it sees to itself,
 * since a rank may have missed rounds.
 */
export interface CollectiveCompressor {
  /** By which peers compare it, for example `powersgd:2`; at most 64 bytes. */
  readonly name: string

  /**
   * What else has to be the same at every rank, such as the shapes of the tensors or
   * a hash of them; at most 200 bytes.
   */
  readonly layout: string

  /** @throws {CodecError} `BAD_PARAMETER` for a round it cannot compress */
  assertFits(request: Pick<RoundRequest, 'op' | 'dtype' | 'length'>): void

  /**
   * Begins a try at a round; one before it that has not been committed is given up.
   *
   * @param values this rank's, copied at once
   * @param init `weight`: how much they count in the mean; with 0 this rank takes
   * part without owing anything. `seed`: 64 bits, equal at all ranks, other ones in
   * each attempt
   */
  begin(
    values: Float32Array,
    init: { readonly weight: number; readonly seed: bigint }
  ): CollectiveRound

  /** Forgets everything: the next round is as the first. */
  forget(): void
}

/** One small all-reduce within a round. */
export interface Exchange {
  /** A mean is weighted as the round is. */
  readonly op: Extract<ReduceOp, 'mean' | 'max'>
  /** To be reduced in place; at least one element, as many at every rank. */
  readonly values: Float32Array
  /** What they cross the network in, the same at every rank. Default: as they are */
  readonly codec?: Codec | undefined
}

/** One try at a round. */
export interface CollectiveRound {
  /**
   * What is to be all-reduced next; `undefined` after the last. Call it again when
   * that is done.
   */
  next(): Exchange | undefined

  /** Writes the result, the same bits at every rank, once there is nothing more to exchange. */
  finish(out: Float32Array): void

  /**
   * The round counts.
   *
   * @param result of the round; this rank may have it from another one, without
   * having come to the end of the exchanges
   */
  commit(result: Float32Array): void

  /** It does not count: nothing of it is remembered. Without effect after {@link commit}. */
  rollback(): void
}
