/**
 * Leaderless all-reduce over any authenticated channel.
 *
 * {@link joinRun} makes this peer a member of a run; `run.allReduce(values)`
 * replaces the values by the weighted mean of everybody's, the same bits
 * everywhere, or leaves them untouched and says who and why. {@link createGroup}
 * is for a fixed set of peers, without rounds.
 *
 * @packageDocumentation
 */
export { chooseAlgorithm } from './cost/choose.ts'
export type { Choice, ChoiceInit, ConsideredAlgorithm } from './cost/choose.ts'
export { createNetwork, networkOf } from './cost/network.ts'
export type { Network, NetworkInit } from './cost/network.ts'
export { sha256Hasher } from '@daa-compute/crypto/sha-256'
export { BucketError } from './bucket/errors.ts'
export type { BucketErrorDetails } from './bucket/errors.ts'
export type { NamedTensors } from './bucket/layout.ts'
export { countedTensor } from './executor/tensor.ts'
export type { CountedTensor, Tensor, Values } from './executor/tensor.ts'
export { GridError } from './grid/errors.ts'
export type { GridErrorDetails } from './grid/errors.ts'
export type {
  AverageOptions,
  Grid,
  GridEvents,
  GridExplanation,
  GridInit,
  GridResult
} from './grid/grid.ts'
export { joinGrid } from './grid/join-grid.ts'
export { createGroup } from './group/create-group.ts'
export { GroupError } from './group/errors.ts'
export type { GroupErrorDetails } from './group/errors.ts'
export type {
  BroadcastOptions,
  Group,
  GroupInit,
  GroupResult,
  OperationOptions,
  ReduceOptions,
  ValueOptions
} from './group/group.ts'
export { createPortConnector } from './port/port-connector.ts'
export type { Port, PortConnector, PortConnectorInit, PortEvent } from './port/port-connector.ts'
export type { Range } from './schedule/partition.ts'
export { joinRun } from './join-run.ts'
export { RoundError } from './round/errors.ts'
export type { RoundErrorDetails } from './round/errors.ts'
export type { AllReduceOptions, AllReduceResult } from './all-reduce.ts'
export type { Run, RunEvents, RunExplanation } from './run.ts'
export type { RunInit } from './run-init.ts'
export { aggregate } from './rules/aggregate.ts'
export { centeredClip } from './rules/centered-clip.ts'
export type { CenteredClipOptions, CenteredClipRule } from './rules/centered-clip.ts'
export { krum, multiKrum } from './rules/krum.ts'
export type { KrumRule } from './rules/krum.ts'
export { median } from './rules/median.ts'
export type { MedianRule } from './rules/median.ts'
export type { AggregationRule, RuleOptions } from './rules/rule.ts'
export { trimmedMean } from './rules/trimmed-mean.ts'
export type { TrimmedMeanRule } from './rules/trimmed-mean.ts'
export type { Outlier } from './rules/views.ts'
export { checkSchedule } from './schedule/check.ts'
export type { ScheduleReport } from './schedule/check.ts'
export { ScheduleError } from './schedule/errors.ts'
export type { ScheduleErrorDetails } from './schedule/errors.ts'
export { codecClassOf } from './schedule/codec-use.ts'
export type { CodecClass } from './schedule/codec-use.ts'
export type { Schedule, Shape, Step } from './schedule/schedule.ts'
export type { ShapeInit } from './schedule/shape.ts'
