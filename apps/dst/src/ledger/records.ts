import type { PeerId } from '@daa-compute/interface'
import type { Configuration } from '../configuration.ts'

/** One process life of a peer, as far as the ledger is concerned. */
export interface Voice {
  readonly peer: PeerId
  /** Which of all lives of the scenario, from 0. */
  readonly number: number
  /** It sends bad bytes: what it gets is its own affair. */
  readonly liar: boolean
}

/** One call of `allReduce`. */
export interface Call {
  readonly voice: Voice
  /** The join it was made in: lineages belong to that. */
  readonly session: Session
  /** What was given: the array itself, to see whether somebody writes into it. */
  readonly values: Float32Array
  /** What was in it. */
  readonly contribution: Float32Array
  readonly weight: number
  readonly startMs: number
  endMs: number
  /** What it was aborted with, if it was. */
  readonly signal: AbortSignal
  outcome: 'pending' | 'resolved' | 'rejected'
  /** Code of the error, `aborted` for the signal's reason. */
  code: string | undefined
  /** What is in the array since it has settled. */
  settled: Float32Array | undefined
  round: RoundRecord | undefined
  /** Whether its result says that an earlier call's values count instead of its own. */
  recovered: boolean
}

/** One join of a run, until it is left. */
export interface Session {
  readonly enterLate: boolean
  lineage: string | undefined
  /** Of the last round that it resolved; -1 before the first. */
  sequence: number
  readonly peer: PeerId
  /** Configurations it was in: the last of each lineage. */
  readonly configurations: Map<string, Configuration>
  /** Lineage of the configuration it is in, if it is in one. */
  place(): string | undefined
  /** Whether it has not been left; a crash leaves nothing. */
  open: boolean
}

/** What the first one to resolve a round had. */
export interface RoundRecord {
  readonly lineage: string
  readonly sequence: number
  readonly attempt: number
  readonly participants: readonly PeerId[]
  readonly values: Float32Array
  /** What is said of contributions by a rule, once somebody says it. */
  outliers: string | undefined
  readonly calls: Call[]
}
