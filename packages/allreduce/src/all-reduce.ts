import type {
  AbortOptions,
  Algorithm,
  CollectiveCompressor,
  DType,
  PeerId,
  ReduceOp
} from '@daa-compute/interface'
import type { NamedTensors } from './bucket/layout.ts'
import type { Values } from './executor/tensor.ts'
import type { AggregationRule } from './rules/rule.ts'
import type { Outlier } from './rules/views.ts'

/** Options of one all-reduce. */
export interface AllReduceOptions extends AbortOptions {
  /**
   * How much these values count in the mean, relative to the other peers': the
   * examples behind a gradient, say. Finite, at least 0, at most 2^20; who brings
   * 0 gets the others' mean and adds nothing. Default 1
   */
  readonly weight?: number | undefined
  /** How values are combined. Default `mean` */
  readonly op?: ReduceOp | undefined
  /** What a `Uint16Array` holds: `float16` or `bfloat16`. Others say so themselves. */
  readonly dtype?: DType | undefined
  /**
   * Whether this peer may begin, or go on, in the middle of a run that has rounds
   * it has no part in. Without, it is told `BEHIND`: averaging gradients into a
   * model that missed rounds would let the models drift apart unseen. Set it when
   * what is brought is fit for any round: with weight 0, to take over the mean of
   * all parameters, say.
   */
  readonly enterLate?: boolean | undefined
  /**
   * Whether this peer gives up its lineage for a better one: when it meets members of
   * a larger, after a fork, it is told `BEHIND` instead of going on in its own. Then it
   * is to take over their state, and to call with `enterLate`. Default false
   */
  readonly yields?: boolean | undefined
  /**
   * Whether this peer may begin a lineage, where it finds none to enter. Without, it
   * waits for somebody who does: who brings nothing begins nothing. Default true
   */
  readonly founds?: boolean | undefined
  /**
   * Compresses the whole all-reduce, such as `createPowerSgd()` or the compressor of a
   * `createDelta()` of `@daa-compute/compression`, instead of the run's codec. Every member has to
   * bring one of the same name and layout. It remembers things from round to round,
   * so keep it; a round that fails leaves it as it was. `onProgress` is not told
   * then.
   */
  readonly compressor?: CollectiveCompressor | undefined
  /**
   * Aggregates contributions by a rule that some wrong ones cannot carry away, instead of
   * by their mean: `'median'`, or one made by `median`, `trimmedMean`, `krum`,
   * `multiKrum` or `centeredClip`. For float32, `op: 'mean'`, a run whose algorithm is
   * `auto` or `direct`, and without a compressor, or it is a `BAD_RULE`. Every member has to
   * name the same, with the same parameters. The run's `errorFeedback` has no part in it,
   * as it makes up for sums, and `onProgress` is not told. Default: the mean
   */
  readonly rule?: AggregationRule | 'median' | undefined
  /** Told how much is done, in segments, while values move. */
  readonly onProgress?: ((done: number, total: number) => void) | undefined
}

/** What an all-reduce resolves with. */
export interface AllReduceResult<Reduced extends Values | NamedTensors = Float32Array> {
  /** What was given, now holding the combination of everybody's. */
  readonly values: Reduced
  /** Whose values are in it, in the order of ranks: the same at each of them. */
  readonly participants: readonly PeerId[]
  /**
   * Those of them that had no part in the last round that this peer counted: they
   * may need the others' state. Empty in the first.
   */
  readonly newcomers: readonly PeerId[]
  /**
   * With a rule, what became of each participant's contribution, in the order of
   * `participants`: the same at each of them, but `undefined` at one that missed the end
   * and was handed the result.
   */
  readonly outliers: readonly Outlier[] | undefined
  /** The chain of configurations the round belongs to. */
  readonly lineage: string
  /** Number of the round in the run, from 0. */
  readonly sequence: number
  /**
   * Whether this is the end of a round that an earlier call brought values to and
   * was told that nobody could say whether it counts (`OUTCOME_UNKNOWN`,
   * `QUORUM_LOST`, or it was aborted). It did; what this call brought is in no round.
   */
  readonly recovered: boolean
  /** Number of the try that succeeded, from 0. */
  readonly attempt: number
  readonly algorithm: Algorithm
  /** Bytes of segments sent, their headers included. */
  readonly bytesSent: number
  /** Bytes of segments received, their headers included. */
  readonly bytesReceived: number
  /** ms from the call to the verdict, waiting for the others included. */
  readonly durationMs: number
}
