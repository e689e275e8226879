/**
 * Plays bad input to every decoder of this package, and to the parser of codec names.
 */
import { Worker } from 'node:worker_threads'

import { readFlags } from './flags.ts'
import type { Tally } from './fuzzer.ts'
import type { WorkerReport, WorkerTask } from './worker.ts'

/** Milliseconds that a case may take; the slowest sound one takes some 100. */
const DEADLINE_MS = 5000

/** Milliseconds after which a case that does not end is given up, with its worker. */
const HANG_MS = 30_000

/** Bytes by which the process may grow: garbage of many cases, but no array of gigabytes. */
const MAX_GROWTH = 1.5 * 2 ** 30

const { seed, only, cases, workers } = readFlags()

const NOTHING: Tally = {
  codec: { decoded: 0, refused: 0 },
  stage: { decoded: 0, refused: 0 },
  delta: { decoded: 0, refused: 0 },
  name: { decoded: 0, refused: 0 }
}

console.log(`seed ${seed}, ${cases} cases, ${workers} workers`)
const start = performance.now()
const baseline = process.memoryUsage.rss()
const reports = await Promise.all(Array.from({ length: workers }, (_, first) => runWorker(first)))
const failures = reports.flatMap((report) => report.failures)
const growth = 1024 * process.resourceUsage().maxRSS - baseline
if (growth > MAX_GROWTH) failures.push(`the process grew by ${growth} bytes`)

for (const kind of ['codec', 'stage', 'delta', 'name'] as const) {
  const count = (outcome: keyof Tally[typeof kind]): number =>
    reports.reduce((sum, { tally }) => sum + tally[kind][outcome], 0)
  console.log(`${kind}: ${count('refused')} refused, ${count('decoded')} right answers`)
}
const seconds = (performance.now() - start) / 1000
console.log(`${seconds.toFixed(1)} s, at most ${Math.round(growth / 2 ** 20)} MiB above the start`)
for (const failure of failures) console.error(failure)
if (failures.length > 0) {
  console.error(`${failures.length} failures; play one again with --seed ${seed} --case NUMBER`)
  process.exitCode = 1
}

async function runWorker(first: number): Promise<WorkerReport> {
  const current = new SharedArrayBuffer(4)
  const position = new Int32Array(current).fill(-1)
  const task: WorkerTask = {
    seed,
    first: only ?? first,
    step: workers,
    end: only === undefined ? cases : only + 1,
    deadlineMs: DEADLINE_MS,
    current
  }
  const worker = new Worker(new URL('worker.ts', import.meta.url), { workerData: task })
  const ended = Promise.withResolvers<WorkerReport>()
  let [seen, since] = [-1, performance.now()]
  const watch = setInterval(() => {
    const now = Atomics.load(position, 0)
    if (now !== seen) [seen, since] = [now, performance.now()]
    else if (performance.now() - since > HANG_MS) {
      ended.resolve({ tally: NOTHING, failures: [`seed ${seed}, case ${now}: does not end`] })
    }
  }, 1000)
  worker.once('message', ended.resolve)
  worker.once('error', ended.reject)
  try {
    return await ended.promise
  } finally {
    clearInterval(watch)
    await worker.terminate()
  }
}
