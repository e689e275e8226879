/**
 * The state of a run, shared: whoever comes late, or was away, gets it from all who
 * have it at once, and every block is checked against what a quorum of them vouches
 * for.
 *
 * @packageDocumentation
 */
export { createSharedState } from './create-shared-state.ts'
export { StateError } from './errors.ts'
export type { StateErrorDetails } from './errors.ts'
export type {
  CatchUpOptions,
  CatchUpProgress,
  CatchUpReport,
  DonorReport,
  Revision,
  ServingLimits,
  SharedState,
  SharedStateInit,
  StateEvents
} from './shared-state.ts'
export type { StateTensors, TypedArray } from './tensors.ts'
export { createReplica } from './replica/create-replica.ts'
export { ReplicaError } from './replica/errors.ts'
export type { ReplicaErrorDetails } from './replica/errors.ts'
export type {
  AppliedRound,
  Merge,
  MetState,
  Replica,
  ReplicaEvents,
  ReplicaInit,
  StepResult
} from './replica/replica.ts'
export type {
  RoundOptions,
  RoundResult,
  RoundSource,
  RoundSourceEvents,
  RoundValues,
  StepOptions
} from './replica/round-source.ts'
