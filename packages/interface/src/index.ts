/**
 * The contracts of DAA Compute.
 *
 * Every package is written against these and against nothing of its siblings;
 * `@daa-compute/node` wires implementations together. There is no I/O here, no
 * default and no dependency: implement one of these interfaces and it fits.
 *
 * @packageDocumentation
 */
export { type JoinedSignal, joinSignals, unlessAborted } from './abort.ts'
export type { AbortOptions } from './abort.ts'
export type {
  Admission,
  AdmissionDecision,
  Introduction,
  Refusal,
  RefusalCode
} from './admission.ts'
export type { Broadcast, BroadcastMessage } from './broadcast.ts'
export type { Budget } from './budget.ts'
export type { Channel, ChannelError, ChannelErrorDetails, Frame } from './channel.ts'
export type { Clock } from './clock.ts'
export type { Codec, CodecError, CodecErrorDetails, EncodeContext } from './codec.ts'
export type { CollectiveCompressor, CollectiveRound, Exchange } from './collective-compressor.ts'
export type {
  AcceptHandler,
  Connector,
  ConnectorError,
  ConnectorErrorDetails
} from './connector.ts'
export { CountedBytes, countedBytes } from './counted.ts'
export type { Attempt, AttemptProgress, Ballot, Decider, Verdict } from './decider.ts'
export type { DirectoryEvent, PeerDirectory, PeerRecord } from './directory.ts'
export { createDeadline } from './deadline.ts'
export type { Deadline } from './deadline.ts'
export { asError, DaaError } from './errors.ts'
export { createEmitter } from './events.ts'
export type { Emitter, EventSource } from './events.ts'
export type { ErrorFeedback, FeedbackRound } from './feedback.ts'
export type { Hash, Hasher } from './hasher.ts'
export type { Logger } from './logger.ts'
export type { Counter, Gauge, Histogram, Labels, MetricOptions, Metrics } from './metrics.ts'
export { comparePeerIds, MAX_PEER_ID_LENGTH, peerId } from './peer-id.ts'
export type { PeerId } from './peer-id.ts'
export type { Placement } from './placement.ts'
export type { Random } from './random.ts'
export type {
  Algorithm,
  AttemptId,
  BrokenLink,
  Collective,
  DType,
  MemberBudget,
  Plan,
  PlanMember,
  ReduceOp,
  RoundRequest
} from './round.ts'
export type { SignatureVerifier, Signer } from './signer.ts'
