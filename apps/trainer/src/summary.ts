import { arrivesLate } from './gradient-compression.ts'
import { CHAOS } from './constants.ts'
import type { Fault } from './chaos.ts'
import type { JobResult } from './job-init.ts'
import { type JobLink, linksBetween } from './links.ts'
import { PARAMETER_COUNT } from './parameters.ts'

/** The job in numbers, as `--json` prints them. */
export interface JobSummary {
  readonly peers: number
  readonly rounds: number
  /** Of the worst peer, 0 to 1; so are the others. */
  readonly accuracy: number
  readonly soloAccuracy: number
  readonly centralAccuracy: number
  /** With chaos: of the same training without it. */
  readonly calmAccuracy?: number
  /** With chaos. */
  readonly faults?: readonly Fault[]
  readonly parametersIdentical: boolean
  /** What connected the peers, pair by pair. */
  readonly links: readonly JobLink[]
  /** In rounds, by all peers together; with chaos, also by processes that were killed. */
  readonly bytesSent: number
  /** What the same rounds, each among as many peers, send of bare float32. */
  readonly bytesSentFloat32: number
  /** Of the whole job. */
  readonly seconds: number
}

/** Puts a job in numbers. */
export function summarize(
  { swarm, solo, central, calm, faults, bytesSentByKilled, participants }: JobResult,
  seconds: number
): JobSummary {
  const rounds = Math.min(...swarm.map((report) => report.rounds))
  return {
    peers: swarm.length,
    rounds,
    accuracy: Math.min(...swarm.map((report) => report.accuracy)),
    soloAccuracy: solo.accuracy,
    centralAccuracy: central.accuracy,
    parametersIdentical: new Set(swarm.map((report) => report.digest)).size === 1,
    links: linksBetween(swarm),
    bytesSent: swarm.reduce((sum, report) => sum + report.bytesSent, bytesSentByKilled),
    bytesSentFloat32: participants.reduce((sum, peers) => sum + float32Bytes(peers, 1), 0),
    seconds,
    ...(calm === undefined ? {} : { calmAccuracy: calm.accuracy, faults })
  }
}

/** Whether the swarm came to what it has to come to: one model, and as good as without faults. */
export function isSuccess(
  { parametersIdentical, accuracy, calmAccuracy }: JobSummary,
  codec: string
): boolean {
  const loss = Math.abs(accuracy - (calmAccuracy ?? accuracy))
  const tolerance = arrivesLate(codec) ? CHAOS.lateTolerance : CHAOS.tolerance
  return parametersIdentical && loss <= tolerance
}

/**
 * Least that any all-reduce sends in float32, all peers together: each of the
 * `n` parts of the values goes `n - 1` times one way and `n - 1` times the other
 * (Patarasuk and Yuan, 2009). Without any header, so the comparison flatters
 * float32.
 */
export function float32Bytes(peers: number, rounds: number): number {
  return rounds * 2 * (peers - 1) * PARAMETER_COUNT * Float32Array.BYTES_PER_ELEMENT
}
