import type {
  Algorithm,
  Budget,
  Clock,
  Codec,
  Connector,
  ErrorFeedback,
  Hasher,
  Logger,
  Metrics,
  PeerDirectory,
  Placement,
  Random,
  SignatureVerifier,
  Signer
} from '@daa-compute/interface'

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
  /** Default of `enterLate` of a call. Default false */
  readonly enterLate?: boolean | undefined
  readonly logger?: Logger | undefined
  readonly metrics?: Metrics | undefined
}
