import { fork, type ChildProcess } from 'node:child_process'
import type { Scenario } from './scenario.ts'
import type { Invariant } from './violation.ts'

/** What a worker is told once. */
export interface Setup {
  /** Package folder of the protocol under test, for a copy of it. */
  readonly protocolFolder?: string | undefined
  /** Peers of every scenario that is drawn. */
  readonly size?: number | undefined
}

/** Scenarios to play, by their seed or in full. */
export interface Job {
  readonly items: readonly (number | Scenario)[]
  readonly stopAtFailure: boolean
}

export interface Failure {
  readonly scenario: Scenario
  readonly invariant: Invariant | 'watchdog'
  readonly message: string
}

/** What became of a job. */
export interface Verdict {
  readonly counters: readonly (readonly [string, number])[]
  readonly failures: readonly Failure[]
  readonly events: number
  readonly played: number
}

export interface PoolOptions extends Setup {
  readonly workers: number
  /** Called with each verdict as it comes; `false` to stop. */
  onVerdict(verdict: Verdict, job: Job): boolean
  readonly stopAtFailure?: boolean | undefined
}

/** ms of wall time without a verdict after which a worker is taken to run in circles. */
const WATCHDOG_MS = 120_000

/** Plays jobs in several processes; settles when all are done or one was enough. */
export async function runJobs(
  jobs: Iterable<readonly (number | Scenario)[]>,
  options: PoolOptions
): Promise<void> {
  const queue = jobs[Symbol.iterator]()
  let stopped = false
  const lanes = Array.from({ length: options.workers }, () => runLane())
  await Promise.all(lanes)

  async function runLane(): Promise<void> {
    const { protocolFolder, size } = options
    const worker = fork(
      new URL(import.meta.url.endsWith('.ts') ? 'worker.ts' : 'worker.js', import.meta.url),
      [JSON.stringify({ protocolFolder, size } satisfies Setup)],
      { execArgv: ['--conditions=source'] }
    )
    try {
      await answer(worker)
      while (!stopped) {
        const next = queue.next()
        if (next.done === true) break
        const job: Job = { items: next.value, stopAtFailure: options.stopAtFailure === true }
        worker.send(job)
        const verdict = (await answer(worker)) as Verdict
        if (!options.onVerdict(verdict, job)) stopped = true
      }
    } catch (error) {
      stopped = true
      throw error
    } finally {
      worker.kill('SIGKILL')
    }
  }
}

/** A worker has said nothing for too long. */
export class WatchdogError extends Error {
  override readonly name: string = 'WatchdogError'
}

/** The next message of a worker. */
function answer(worker: ChildProcess): Promise<unknown> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => {
      settle(() => reject(new WatchdogError(`a worker has been silent for ${WATCHDOG_MS} ms`)))
    }, WATCHDOG_MS)
    const onMessage = (message: unknown): void => settle(() => resolve(message))
    const onExit = (code: number | null): void => {
      settle(() => reject(new Error(`a worker has ended with code ${code}`)))
    }
    function settle(action: () => void): void {
      clearTimeout(timer)
      worker.off('message', onMessage)
      worker.off('exit', onExit)
      action()
    }
    worker.on('message', onMessage)
    worker.on('exit', onExit)
  })
}
