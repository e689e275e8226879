/**
 * A peer of a DAA Compute swarm: encrypted libp2p connections, discovery and
 * leaderless all-reduce behind one object.
 *
 * @packageDocumentation
 */
export type {
  AggregationRule,
  AllReduceOptions,
  AllReduceResult,
  AverageOptions,
  CenteredClipOptions,
  CodecClass,
  Grid,
  GridEvents,
  GridExplanation,
  GridResult,
  Outlier,
  RuleOptions,
  Run,
  RunEvents,
  RunExplanation
} from '@daa-compute/allreduce'
export {
  aggregate,
  centeredClip,
  codecClassOf,
  krum,
  median,
  multiKrum,
  GridError,
  RoundError,
  trimmedMean
} from '@daa-compute/allreduce'
export type {
  ConnectionEvents,
  ConnectionInfo,
  EncryptionSuite,
  TransportKind,
  TransportLimits
} from '@daa-compute/transport'
export { DEFAULT_LIMITS, RefusalError } from '@daa-compute/transport'
export type { AdmissionOption, ListedPeers, SharedKey, TokenHolders } from './admission.ts'
export { DEFAULT_LISTEN_ADDRESSES, DEFAULT_RUN_ID } from './config.ts'
export type { CompressorChoice } from './compressor-choice.ts'
export type {
  EncryptedIdentity,
  Environment,
  GridOptions,
  JoinOptions,
  RequiredCapabilities,
  SwarmConfig
} from './config.ts'
export { createNode } from './create-node.ts'
export { NodeError } from './errors.ts'
export type { NodeErrorDetails } from './errors.ts'
export type { NetworkEvents, P2PNetwork } from './network.ts'
export type { ReplicaOptions, ReplicaStepOptions, RunReplica } from './replicate.ts'
export type { JoinedRun, ReduceOptions } from './run-of-node.ts'
export { allocateShared } from './thread/shared-values.ts'
export { ReplicaError, StateError } from '@daa-compute/state'
export type {
  CatchUpReport,
  Merge,
  Replica,
  ReplicaEvents,
  Revision,
  ServingLimits,
  StateTensors,
  StepOptions,
  StepResult
} from '@daa-compute/state'
