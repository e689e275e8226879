/**
 * Leaderless all-reduce over any authenticated channel.
 *
 * {@link joinRun} makes this peer a member of a run; `run.allReduce(values)`
 * replaces the values by the weighted mean of everybody's, the same bits
 * everywhere, or leaves them untouched and says who and why.
 *
 * @packageDocumentation
 */
export { chooseAlgorithm } from './cost/choose.ts'
export type { Choice, ChoiceInit, ConsideredAlgorithm } from './cost/choose.ts'
export { createNetwork, networkOf } from './cost/network.ts'
export type { Network, NetworkInit } from './cost/network.ts'
export { sha256Hasher } from './hasher.ts'
export type { NamedTensors } from './bucket/layout.ts'
export type { Values } from './executor/tensor.ts'
export { joinRun } from './join-run.ts'
export { RoundError } from './round/errors.ts'
export type { RoundErrorDetails } from './round/errors.ts'
export type {
  AllReduceOptions,
  AllReduceResult,
  Run,
  RunEvents,
  RunExplanation,
  RunInit
} from './run.ts'
export { checkSchedule } from './schedule/check.ts'
export type { ScheduleReport } from './schedule/check.ts'
export { ScheduleError } from './schedule/errors.ts'
export type { ScheduleErrorDetails } from './schedule/errors.ts'
export type { CodecClass } from './schedule/codec-use.ts'
export type { Schedule, Shape, Step } from './schedule/schedule.ts'
export type { ShapeInit } from './schedule/shape.ts'
