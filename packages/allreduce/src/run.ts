import type {
  AbortOptions,
  Algorithm,
  Budget,
  Clock,
  Codec,
  CollectiveCompressor,
  Connector,
  DType,
  ErrorFeedback,
  EventSource,
  Hasher,
  Logger,
  Metrics,
  PeerDirectory,
  PeerId,
  Placement,
  Random,
  ReduceOp,
  SignatureVerifier,
  Signer
} from '@daa-compute/interface'
import type { NamedTensors } from './bucket/layout.ts'
import type { Values } from './executor/tensor.ts'
import type { AggregationRule } from './rules/rule.ts'
import type { Outlier } from './rules/views.ts'

/** How a peer takes part in a run. */
export interface RunInit {
  /** Name of the run: 1 to 128 bytes of UTF-8. */
  readonly run: string
  readonly connector: Connector
  /** Whom to link up with; peers that come by themselves are taken, too. */
  readonly directory: PeerDirectory
  readonly clock: Clock
  readonly random: Random
  /** Default: raw float32. Every member has to use a codec of the same name. */
  readonly codec?: Codec | undefined
  /**
   * What results are encoded with, other than contributions: after a sparse codec
   * one that keeps more, say, since a sum of four has up to four times the entries.
   * Without effect on values as they are. Every member has to use the same.
   * Default: `codec`
   */
  readonly resultCodec?: Codec | undefined
  /**
   * Makes up in the next round for what a lossy codec loses in this one, in sums
   * and means: `createErrorFeedback()` of `@daa-compute/compression`. It is this
   * peer's own, of this run only; whether others have one does not matter. Without,
   * a sparse codec never sends small values. A round that fails leaves it as it was.
   * Default: none
   */
  readonly errorFeedback?: ErrorFeedback | undefined
  /** Default `auto`: whichever costs least for the group and the length. */
  readonly algorithm?: Algorithm | 'auto' | undefined
  /**
   * What is known of the network between the peers, for `auto`, `hierarchical` and
   * `direct` to arrange their work by. The same at every peer, or their plans
   * differ. Default: every link alike, 1 ms and 1 Gbit/s
   */
  readonly placement?: Placement | undefined
  /**
   * What this peer gives to its groups. How much of the work of a round it does follows
   * from its caps, which all members hear of and go by; it is the connector that holds
   * it to them. A metered peer sends nothing but its own values and owns no shard,
   * where the algorithm is `auto` or `direct`. Rounds that take more than `memoryBytes`
   * go on without it. Default: no limits
   */
  readonly budget?: Budget | undefined
  /** Default: SHA-256 in plain JavaScript. */
  readonly hasher?: Hasher | undefined
  /**
   * Signs this peer's votes, so that others can be shown what was decided.
   * Without, they are worth what the channel they come by is worth.
   */
  readonly signer?: Signer | undefined
  /** Checks the others' votes. */
  readonly verifier?: SignatureVerifier | undefined
  /** Least members of a round, this peer included; the same for all. Default 2 */
  readonly minPeers?: number | undefined
  /**
   * ms a round waits for members that have not joined it, then goes on without
   * them. Default: adapted to the run, four times the usual interval between
   * rounds and at least 2,000; 60,000 until that is known.
   */
  readonly patienceMs?: number | undefined
  /** ms a call waits for enough peers to begin. Default 120,000 */
  readonly formTimeoutMs?: number | undefined
  /**
   * ms of silence, in a round it has joined, after which a peer is given up.
   * Default: adapted to each peer, from 2,000 to 15,000
   */
  readonly suspectAfterMs?: number | undefined
  /** ms without a quorum after which a waiting call is given up, or the run forks. Default 5,000 */
  readonly quorumLossMs?: number | undefined
  /**
   * What peers do that are cut off from the quorum of their configuration:
   * `reject` their calls until it is back, or `fork`: go on by themselves as a
   * lineage of their own. Two halves that fork train two models. A survivor of
   * two cannot tell the other's death from a broken network, and only `fork` lets
   * it go on. Default `reject`
   */
  readonly onQuorumLoss?: 'reject' | 'fork' | undefined
  /** Default of {@link AllReduceOptions.enterLate}. Default false */
  readonly enterLate?: boolean | undefined
  readonly logger?: Logger | undefined
  readonly metrics?: Metrics | undefined
}

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

/** What a run tells. */
export interface RunEvents {
  /** A peer can be reached from now on. */
  'member:up': { readonly peer: PeerId }
  /** It can no more: it left, crashed, fell silent or broke the protocol. */
  'member:down': { readonly peer: PeerId; readonly reason: string }
  /** A peer will have nothing to do with this one; the reason is the peer's. */
  refused: { readonly peer: PeerId; readonly reason: string }
  /** A round counts. */
  round: Omit<AllReduceResult, 'values'>
  /** The next round has other members than the one before. */
  configuration: {
    readonly lineage: string
    readonly members: readonly PeerId[]
    /** Which round of the lineage it is, and which attempt at it. */
    readonly sequence: number
    readonly attempt: number
  }
  /** An attempt does not; the error is what the call rejected with. */
  failure: { readonly error: unknown }
}

/** What a run is doing, in words a person can read and fields a program can. */
export interface RunExplanation {
  /** `forming`: agreeing on the group; `reducing`: values are moving; `deciding`: voting. */
  readonly state: 'idle' | 'forming' | 'reducing' | 'deciding' | 'left'
  readonly sequence: number
  readonly attempt: number
  /** Peers that can be reached. */
  readonly up: readonly PeerId[]
  /** Members of the configuration, in the order of ranks; empty without one. */
  readonly members: readonly PeerId[]
  /** Peers that this one is waiting for, and why. */
  readonly awaited: Readonly<Record<string, string>>
  /** Peers that are known but not reached, and what the last try said. */
  readonly unreachable: Readonly<Record<string, string>>
  readonly summary: string
}

/** One peer's part in a run. */
export interface Run extends EventSource<RunEvents>, AsyncDisposable {
  readonly id: string
  readonly self: PeerId
  /** Name of the codec that values cross the network in. */
  readonly codec: Codec['name']
  /** Everybody who can be reached at this moment, this peer included, in the order of ranks. */
  readonly members: readonly PeerId[]

  /**
   * Takes part in the coming round: replaces `values` by the combination of every
   * participant's values, the same bits at each of them.
   *
   * The values must not be touched until the promise settles. Calls queue up and
   * become successive rounds; every peer has to make them in the same order. When
   * a member dies or falls silent, the others try again without it, by themselves.
   *
   * Once this peer has voted, `signal` has no effect until the verdict. Aborted
   * earlier, the others may still count the round: the next call then resolves
   * with it, and with `recovered`, or is told that this peer is `BEHIND`.
   *
   * @param values one array of float32, float64, or float16 or bfloat16 bits, of
   * any length; or several by name, all of one type, which are reduced together
   * and have to have the same names and lengths everywhere. They may be backed by
   * a `SharedArrayBuffer`.
   * @throws {CodecError} `BAD_PARAMETER` for a compressor that does not fit
   * @throws {RoundError} whatever happens, `values` are then byte for byte what
   * they were
   */
  allReduce<Reduced extends Values | NamedTensors>(
    values: Reduced,
    options?: AllReduceOptions
  ): Promise<AllReduceResult<Reduced>>

  /** What the run is doing and who it waits for. */
  explain(): RunExplanation

  /** Leaves politely: the others do not wait for this peer any more. Idempotent. */
  leave(): Promise<void>
}
