import type {
  AbortOptions,
  Algorithm,
  Clock,
  Codec,
  Connector,
  EventSource,
  Hasher,
  Logger,
  Metrics,
  PeerDirectory,
  PeerId,
  Random
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
  /** Default `ring` */
  readonly algorithm?: Algorithm | undefined
  /** Default: SHA-256 in plain JavaScript. */
  readonly hasher?: Hasher | undefined
  /** Least members of a round, this peer included. Default 2 */
  readonly minPeers?: number | undefined
  /** ms a round waits for linked peers that have not joined it. Default 30,000 */
  readonly patienceMs?: number | undefined
  /** ms a round may take to form. Default 60,000 */
  readonly formTimeoutMs?: number | undefined
  /** ms of silence, in a round it has joined, after which a peer is given up. Default 5,000 */
  readonly suspectAfterMs?: number | undefined
  /**
   * Whether this peer may begin in the middle of a run that has rounds behind
   * it. Without, it is told `BEHIND`: averaging gradients into a model that
   * missed rounds would let the models drift apart unseen. Default false
   */
  readonly enterLate?: boolean | undefined
  readonly logger?: Logger | undefined
  readonly metrics?: Metrics | undefined
}

/** Options of one all-reduce. */
export interface AllReduceOptions extends AbortOptions {
  /**
   * How much these values count in the mean, relative to the other peers': the
   * examples behind a gradient, say. Finite, greater than 0, at most 2^20.
   * Default 1
   */
  readonly weight?: number | undefined
}

/** What an all-reduce resolves with. */
export interface AllReduceResult {
  /** The array that was given, now holding the weighted mean. */
  readonly values: Float32Array
  /** Whose values are in it, in the order of ranks: the same at each of them. */
  readonly participants: readonly PeerId[]
  /** Number of the round in the run, from 0. */
  readonly sequence: number
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
  /** Peers that this one is waiting for. */
  readonly awaited: readonly PeerId[]
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
   * Takes part in the coming round: replaces `values` by the weighted mean of
   * every participant's values, the same bits at each of them.
   *
   * The array must not be touched until the promise settles. Calls queue up and
   * become successive rounds; every peer has to make them in the same order.
   *
   * Once this peer has voted, `signal` has no effect until the verdict.
   *
   * @param values float32, any length; may be backed by a `SharedArrayBuffer`
   * @throws {RoundError} whatever happens, `values` are then byte for byte what
   * they were
   */
  allReduce(values: Float32Array, options?: AllReduceOptions): Promise<AllReduceResult>

  /** What the run is doing and who it waits for. */
  explain(): RunExplanation

  /** Leaves politely: the others do not wait for this peer any more. Idempotent. */
  leave(): Promise<void>
}
