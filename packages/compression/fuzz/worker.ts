import { parentPort, workerData } from 'node:worker_threads'

import { startAllocationMeter } from './allocation-meter.ts'
import type { Tally } from './fuzzer.ts'

/** What a worker is told. */
export interface WorkerTask {
  readonly seed: number
  /** Cases `first`, `first + step` and so on below `end`. */
  readonly first: number
  readonly step: number
  readonly end: number
  readonly deadlineMs: number
  /** Number of the case in play, for who watches over the worker. */
  readonly current: SharedArrayBuffer
}

/** What a worker says in the end. */
export interface WorkerReport {
  readonly tally: Tally
  readonly failures: readonly string[]
}

// before anything is loaded whose memory it shall see
const meter = startAllocationMeter()
const { createFuzzer } = await import('./fuzzer.ts')

/** More failures than this are the same one over and over. */
const MAX_FAILURES = 10

const { seed, first, step, end, deadlineMs, current } = workerData as WorkerTask
const position = new Int32Array(current)
const fuzzer = await createFuzzer({ seed, meter, deadlineMs, now: () => performance.now() })
const failures: string[] = []
for (let index = first; index < end && failures.length < MAX_FAILURES; index += step) {
  Atomics.store(position, 0, index)
  try {
    fuzzer.play(index)
  } catch (error) {
    failures.push((error as Error).message)
  }
}
const report: WorkerReport = { tally: fuzzer.tally, failures }
parentPort?.postMessage(report, [])
