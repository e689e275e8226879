import type {
  AllReduceResult,
  AverageOptions,
  GridEvents,
  GridExplanation,
  GridResult,
  RunEvents,
  RunExplanation
} from '@daa-compute/allreduce'
import type { BootstrapResult } from '@daa-compute/discovery'
import type { PeerId } from '@daa-compute/interface'
import type {
  AppliedRound,
  ReplicaEvents,
  Revision,
  RoundValues,
  StepResult
} from '@daa-compute/state'
import type { ConnectionInfo } from '@daa-compute/transport'
import type { GridOptions, JoinOptions, SwarmConfig } from '../config.ts'
import type { NetworkEvents } from '../network.ts'
import type { ReplicaOptions, ReplicaStepOptions } from '../replicate.ts'
import type { ReduceOptions } from '../run-of-node.ts'
import type { MetricsBatch } from './metrics-batch.ts'

/** What one end can ask of the other, by name: what it takes and what it answers. */
export type Calls = Readonly<Record<string, { readonly args: unknown; readonly result: unknown }>>

/** What one end tells the other unasked, by name. */
export type Tells = Readonly<Record<string, unknown>>

/** A configuration as it crosses to the network's thread: nothing but data. */
export interface PortableConfig {
  readonly config: Omit<SwarmConfig, 'identity' | 'logger' | 'metrics'>
  readonly identity: PortableIdentity | undefined
  /** Whether there is somebody to be told. */
  readonly isLogged: boolean
  readonly isMeasured: boolean
}

export type PortableIdentity =
  | { readonly type: 'path'; readonly path: string }
  /** `passphrase` is `undefined` where the caller has to be asked for it. */
  | { readonly type: 'sealed'; readonly path: string; readonly passphrase: string | undefined }
  | { readonly type: 'seed'; readonly seed: Uint8Array }
  /** As `encodeIdentity` writes it. */
  | { readonly type: 'key'; readonly bytes: Uint8Array }

/** Signals cross by themselves. */
interface NoSignal {
  readonly signal?: undefined
}

export type PortableJoinOptions = Omit<JoinOptions, 'signal'> & NoSignal

/** Names a run that the node is in: drawn by the caller, never used twice. */
export type RunHandle = number

export type PortableGridOptions = Omit<GridOptions, 'signal'> & NoSignal

/** Names a grid that the node is in: drawn by the caller, never used twice. */
export type GridHandle = number

/** A node that has been started. */
export interface StartedNode {
  readonly peerId: PeerId
  readonly addresses: readonly string[]
  readonly connections: readonly ConnectionInfo[]
  readonly peers: readonly PeerId[]
}

/** A run that has been joined. */
export interface StartedRun {
  readonly self: PeerId
  readonly codec: string
  readonly members: readonly PeerId[]
  readonly explanation: RunExplanation
}

/** A grid that has been joined. */
export interface StartedGrid {
  readonly self: PeerId
  readonly explanation: GridExplanation
}

/** Values and how to reduce them. */
export interface Reduction {
  /** The run; `undefined` for the node's own. */
  readonly run: RunHandle | undefined
  /** Over shared memory, which is reduced in place; anything else is refused by the run. */
  readonly values: unknown
  readonly options: Omit<ReduceOptions, 'signal' | 'onProgress'> & NoSignal
  /** Whether the caller wants notes of type `progress`. */
  readonly isWatched: boolean
}

export type ReductionResult = Omit<AllReduceResult, 'values'>

/** Names a replica: drawn by the caller, never used twice. */
export type ReplicaHandle = number

export type PortableReplicaOptions = Omit<ReplicaOptions<RoundValues>, 'apply'>

/** Values of a replica's step, as of a {@link Reduction}. */
export interface ReplicaStep {
  readonly replica: ReplicaHandle
  readonly values: unknown
  readonly options: Omit<ReplicaStepOptions, 'signal' | 'onProgress'> & NoSignal
  readonly isWatched: boolean
}

/** Values of an average in a grid, as of a {@link Reduction}. */
export interface GridAverage {
  readonly grid: GridHandle
  readonly values: unknown
  readonly options: Omit<AverageOptions, 'signal' | 'onProgress'> & NoSignal
  readonly isWatched: boolean
}

/** What the network's thread does for the caller's. */
export type NetworkCalls = {
  start: { args: PortableConfig; result: StartedNode }
  bootstrap: { args: undefined; result: BootstrapResult }
  join: {
    args: { handle: RunHandle; runId: string; options: PortableJoinOptions }
    result: StartedRun
  }
  reduce: { args: Reduction; result: ReductionResult }
  /** As `broadcastGradient` and `aggregatedGradient`, with a note in between. */
  gradient: { args: Reduction; result: ReductionResult }
  revoke: { args: { run: RunHandle; revocation: string }; result: boolean }
  renew: { args: { run: RunHandle; token: string }; result: undefined }
  replicate: {
    args: { run: RunHandle; replica: ReplicaHandle; options: PortableReplicaOptions }
    result: Revision | undefined
  }
  step: { args: ReplicaStep; result: Omit<StepResult<RoundValues>, 'values'> }
  stopReplica: { args: { replica: ReplicaHandle }; result: undefined }
  leave: { args: { run: RunHandle }; result: RunExplanation }
  joinGrid: {
    args: { handle: GridHandle; gridId: string; options: PortableGridOptions }
    result: StartedGrid
  }
  average: { args: GridAverage; result: Omit<GridResult, 'values'> }
  leaveGrid: { args: { grid: GridHandle }; result: GridExplanation }
  stop: { args: undefined; result: undefined }
}

/** What the caller's thread does for the network's. */
export type CallerCalls = {
  passphrase: { args: undefined; result: string }
  /** Changes the tensors of a replica, which both threads share. */
  apply: {
    args: { replica: ReplicaHandle; values: RoundValues; round: AppliedRound }
    result: undefined
  }
}

/** What the network's thread tells while it works on a call. */
export type ReductionNote =
  | { readonly type: 'progress'; readonly done: number; readonly total: number }
  /** The run has been joined: the values are on their way. */
  | { readonly type: 'accepted' }

type NamedEvent<Events> = {
  [Name in keyof Events]: { readonly name: Name; readonly event: Events[Name] }
}[keyof Events]

export type NetworkEvent = NamedEvent<NetworkEvents>
export type RunEvent = NamedEvent<RunEvents>
export type ReplicaEvent = NamedEvent<ReplicaEvents>
export type GridEvent = NamedEvent<GridEvents>

/** What the network's thread tells unasked. */
export type NetworkTells = {
  event: NetworkEvent
  runEvent: { readonly run: RunHandle; readonly event: RunEvent }
  explanation: { readonly run: RunHandle; readonly explanation: RunExplanation }
  gridEvent: { readonly grid: GridHandle; readonly event: GridEvent }
  gridExplanation: { readonly grid: GridHandle; readonly explanation: GridExplanation }
  replicaEvent: { readonly replica: ReplicaHandle; readonly event: ReplicaEvent }
  revision: { readonly replica: ReplicaHandle; readonly revision: Revision | undefined }
  log: {
    readonly level: 'debug' | 'info' | 'warn'
    readonly message: string
    readonly fields: Readonly<Record<string, unknown>> | undefined
  }
  metrics: MetricsBatch
}
