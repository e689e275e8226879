import type { AbortOptions, Algorithm } from '@daa-compute/interface'
import type { Fault } from './chaos.ts'
import type { CrewMember } from './crew.ts'
import type { Deal } from './digits.ts'
import type { Lie } from './lies.ts'
import type { Report } from './task.ts'
import type { Progress } from './training.ts'

/** What the launcher runs. */
export interface JobInit extends AbortOptions {
  readonly peers: number
  readonly steps: number
  /** Examples of one peer's batch. */
  readonly batch: number
  readonly codec: string
  readonly algorithm: Algorithm | 'auto'
  /** Whether what a lossy codec loses in a step is made up for in the next. Default `true` */
  readonly errorFeedback?: boolean
  /** Whether each peer has its network on a thread of its own. Default `false` */
  readonly thread?: boolean
  readonly seed: number
  /** What gradients are aggregated by, as `ruleOf` reads it. Default: the mean */
  readonly rule?: string | undefined
  /** How the data are dealt. Default: by digit */
  readonly deal?: Deal | undefined
  /** How many of the peers lie, the last ones. Default: none */
  readonly liars?: number | undefined
  /** How they lie. */
  readonly lie?: Lie | undefined
  /** Kills, stops and restarts peers of the swarm while it trains. Default `false` */
  readonly chaos?: boolean
  /** Called as training goes on; `phase` names what is being trained. */
  readonly onProgress?: ((phase: Phase, progress: Progress) => void) | undefined
  /** Called when a process has been started. */
  readonly onStart?: ((member: CrewMember) => void) | undefined
  /** Called with a line for people when something is done to a peer, or it is back. */
  readonly onFault?: ((line: string) => void) | undefined
}

/** The swarm is trained first, then the baselines side by side. */
export type Phase = 'swarm' | 'solo' | 'central' | 'calm'

/** What the job came to. */
export interface JobResult {
  /** By shard. */
  readonly swarm: readonly Report[]
  /** One process with the examples and the batch of peer 0. */
  readonly solo: Report
  /** One process with all examples and the batches of all peers in one. */
  readonly central: Report
  /** With chaos: the same swarm as one process, without a network and without faults. */
  readonly calm: Report | undefined
  /** With chaos: what was done to the peers. */
  readonly faults: readonly Fault[]
  /** With chaos: by the processes that were killed, up to the last step each has told of. */
  readonly bytesSentByKilled: number
  /** Peers in each round of the swarm. */
  readonly participants: readonly number[]
}
