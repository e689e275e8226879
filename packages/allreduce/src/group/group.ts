import type {
  AbortOptions,
  Algorithm,
  Clock,
  Codec,
  Connector,
  DType,
  Hasher,
  Logger,
  PeerId,
  Placement,
  Random,
  ReduceOp
} from '@daa-compute/interface'
import type { NamedTensors } from '../bucket/layout.ts'
import type { Tensor } from '../executor/tensor.ts'
import type { Range } from '../schedule/partition.ts'

/** How a peer becomes a member of a group. */
export interface GroupInit extends AbortOptions {
  readonly connector: Connector
  /** Everybody in the group, this peer included, in the order of ranks: the same at each of them. */
  readonly members: readonly PeerId[]
  readonly clock: Clock
  readonly random: Random
  /** Tells groups of the same peers apart: 1 to 128 bytes of UTF-8. Default `group` */
  readonly id?: string | undefined
  /** What float32 values cross the network in. Default: as they are */
  readonly codec?: Codec | undefined
  /** Default: SHA-256 in plain JavaScript. */
  readonly hasher?: Hasher | undefined
  /** What operations use that do not say. Default `ring` */
  readonly algorithm?: Algorithm | 'auto' | undefined
  /**
   * What is known of the network, for `auto`: the same at every member. Default:
   * every link 1 ms and 1 Gbit/s
   */
  readonly placement?: Placement | undefined
  /** Members that are near each other, for `hierarchical`. Default: one cluster of all */
  readonly clusters?: readonly (readonly PeerId[])[] | undefined
  /** Relative size of what each rank reduces, for `direct`; 0 for none. Default: equal */
  readonly shards?: readonly number[] | undefined
  /** ms that the members have to come together in. Default 30,000 */
  readonly connectTimeoutMs?: number | undefined
  /** ms that an operation waits for members that are alive and have not called it. Default 300,000 */
  readonly patienceMs?: number | undefined
  readonly logger?: Logger | undefined
}

/** Options of every operation. */
export interface OperationOptions extends AbortOptions {
  /**
   * Which line of operations this one belongs to: those of one tag follow each
   * other, those of different ones go on at the same time and never wait for
   * each other. A whole number of at least 0; at most 16 are in use. Default 0
   */
  readonly tag?: number | undefined
  /** Told of every segment that this peer has sent, received or finished. */
  readonly onProgress?: ((done: number, total: number) => void) | undefined
}

/** Options of operations that move values. */
export interface ValueOptions extends OperationOptions {
  /** What `Uint16Array`s hold; has to be given for them, and for nothing else. */
  readonly dtype?: DType | undefined
  /** Whether NaN and infinity are refused or passed on. Default `reject` */
  readonly nonFinite?: 'reject' | 'allow' | undefined
  /**
   * Default: the group's. Only an all-reduce knows them all: the other
   * operations have a `direct` form, and one of their own for everything else.
   * `auto` is the fastest by the cost model
   */
  readonly algorithm?: Algorithm | 'auto' | undefined
}

/** Options of operations that combine values. */
export interface ReduceOptions extends ValueOptions {
  /** Default `mean` */
  readonly op?: ReduceOp | undefined
  /** How much these values count in a mean: at least 0, at most 2^20; 0 adds nothing. Default 1 */
  readonly weight?: number | undefined
}

/** Options of a broadcast. */
export interface BroadcastOptions extends ValueOptions {
  /** Whose values everybody gets. Default: the member of rank 0 */
  readonly root?: PeerId | undefined
}

/** What an operation resolves with. */
export interface GroupResult {
  /** Number of the operation among those of its tag, from 0. */
  readonly sequence: number
  /** The elements that hold a result: all of them, or this rank's part after a reduce-scatter. */
  readonly range: Range
  /** Bytes of segments sent, their headers included. */
  readonly bytesSent: number
  /** Bytes of segments received, their headers included. */
  readonly bytesReceived: number
  /** ms from its turn to its end. */
  readonly durationMs: number
}

/**
 * A fixed set of peers that compute together: collectives without rounds.
 *
 * Every member calls the same operations of a tag in the same order. An operation
 * changes the values in place, and all members get the same bits; one that
 * rejects, with a {@link GroupError} or the signal's reason, has left them byte
 * for byte as they were, and the others are told, so that nobody waits.
 *
 * There is no vote: a member that dies late may leave some with a result and
 * others with an error, and the root of a broadcast is done when it has sent. What
 * has to be agreed on belongs in a run.
 *
 * Arrays may be backed by a `SharedArrayBuffer`, and must not be touched until
 * the promise settles.
 */
export interface Group extends AsyncDisposable {
  readonly id: string
  readonly self: PeerId
  readonly rank: number
  readonly members: readonly PeerId[]

  /** Where the part of a rank lies that `reduceScatter` gives it and `allGather` takes from it. */
  part(length: number, rank?: number): Range

  /** Replaces the values by the aggregate of everybody's. Named tensors travel together. */
  allReduce(values: Tensor | NamedTensors, options?: ReduceOptions): Promise<GroupResult>

  /** Replaces this rank's part of the values by the aggregate of everybody's; the rest stays. */
  reduceScatter(values: Tensor, options?: ReduceOptions): Promise<GroupResult>

  /** Replaces every rank's part of the values by that rank's own. */
  allGather(values: Tensor, options?: ValueOptions): Promise<GroupResult>

  /** Replaces the values by the root's. */
  broadcast(values: Tensor | NamedTensors, options?: BroadcastOptions): Promise<GroupResult>

  /** Waits until every member has called it. */
  barrier(options?: OperationOptions): Promise<GroupResult>

  /**
   * Leaves, once the operations called so far are over and no member needs
   * anything of them any more, or after 10 s. Idempotent.
   */
  close(options?: AbortOptions): Promise<void>
}
