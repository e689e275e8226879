import type { AllReduceResult, Grid, NamedTensors, Values } from '@daa-compute/allreduce'
import type { BootstrapResult } from '@daa-compute/discovery'
import type { AbortOptions, EventSource, PeerId } from '@daa-compute/interface'
import type { ConnectionEvents, ConnectionInfo, RefusalError } from '@daa-compute/transport'
import type { GridOptions, JoinOptions } from './config.ts'
import type { JoinedRun, ReduceOptions } from './run-of-node.ts'

/** What a node tells; of its connections also what `ConnectionEvents` of transport say. */
export interface NetworkEvents extends ConnectionEvents {
  /** There is an encrypted connection to a peer now. */
  'peer:connect': { readonly peer: PeerId }
  /** There is none any more. */
  'peer:disconnect': { readonly peer: PeerId }
  /** A connection, stream or channel of another peer was refused or cut off; `error` says why. */
  'connection:refused': { readonly error: RefusalError }
  /** The node can be reached at other addresses than before: a relay took it in, for one. */
  'addresses:change': { readonly addresses: readonly string[] }
  /** The thread that the node was on has ended unasked: the node is no more. */
  'thread:lost': { readonly error: unknown }
  /** No bootstrap node answered when the node started; `bootstrap()` tries again. */
  'bootstrap:failed': { readonly error: unknown }
}

/** A peer of the swarm, started. Dispose of it with `stop` or `await using`. */
export interface P2PNetwork extends EventSource<NetworkEvents>, AsyncDisposable {
  readonly peerId: PeerId
  /** Where others can reach this node: multiaddrs that end in its peer id. */
  readonly addresses: readonly string[]
  /** Peers there is a connection to at this moment, whatever their run. */
  readonly peers: readonly PeerId[]
  /**
   * The connections to them at this moment, the oldest first: by what transport and
   * encryption, directly or over a relay, how fast, how much. A peer may have several.
   */
  readonly connections: readonly ConnectionInfo[]

  /**
   * Connects to the configured bootstrap nodes. The node does so by itself when
   * it starts; this waits for that, or tries again. The signal ends the wait,
   * and not the attempt, which others may wait for.
   *
   * @throws {DiscoveryError} `BOOTSTRAP_FAILED` when none answers, saying why for
   * each; the node stays as it is
   */
  bootstrap(options?: AbortOptions): Promise<BootstrapResult>

  /**
   * Joins a run. Peers that its admission does not let in are never among its members.
   *
   * @throws {NodeError} `ALREADY_JOINED`, `STOPPED`
   * @throws {NodeError} `BAD_CONFIG`, {@link AdmissionError} for an admission that this
   * peer could not pass itself
   * @throws {CodecError} for a codec that does not exist
   */
  join(runId: string, options?: JoinOptions): Promise<JoinedRun>

  /**
   * Joins a grid: a swarm that is too large for one group, whose groups rotate. A grid
   * and a run of one node cannot have the same name.
   *
   * @throws {NodeError} `ALREADY_JOINED`, `STOPPED`
   * @throws {RangeError} for a shape that cannot be
   * @throws {NodeError} `BAD_CONFIG`, {@link AdmissionError} for an admission that this
   * peer could not pass itself
   * @throws {CodecError} for a codec that does not exist
   */
  joinGrid(gridId: string, options?: GridOptions): Promise<Grid>

  /** All-reduce in the node's own run; see `Run.allReduce`. */
  allReduce<Reduced extends Values | NamedTensors>(
    values: Reduced,
    options?: ReduceOptions
  ): Promise<AllReduceResult<Reduced>>

  /**
   * Brings a gradient to the coming round of the node's own run, and does not
   * wait for the others. The array belongs to the round until
   * {@link aggregatedGradient} has given it back.
   */
  broadcastGradient(gradient: Float32Array, options?: ReduceOptions): Promise<void>

  /**
   * The mean that the oldest gradient broadcast and not fetched yet went into.
   *
   * @throws {RoundError} if that round failed; {@link NodeError} `NO_GRADIENT`
   */
  aggregatedGradient(): Promise<AllReduceResult>

  /** Leaves every run politely and closes every connection. Idempotent. */
  stop(): Promise<void>
}
