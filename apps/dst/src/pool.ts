import { fork, type ChildProcess } from 'node:child_process'
import type { Profile } from './profile.ts'
import type { Scenario } from './scenario.ts'
import type { Invariant } from './violation.ts'

/** What a worker is told once. */
export interface Setup {
  /** Package folder of the protocol under test, for a copy of it. */
  readonly protocolFolder?: string | undefined
  /** The same for shared state's. */
  readonly stateFolder?: string | undefined
  /** Which scenarios are drawn. Default `rounds` */
  readonly profile?: Profile | undefined
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

/** What a worker says: that it is ready, what it plays next, or what came of its job. */
export type Word =
  | { readonly type: 'ready' }
  | { readonly type: 'playing'; readonly scenario: Scenario }
  | { readonly type: 'verdict'; readonly verdict: Verdict }

export interface PoolOptions extends Setup {
  readonly workers: number
  /** Called with each verdict as it comes; `false` to stop. */
  onVerdict(verdict: Verdict): boolean
  readonly stopAtFailure?: boolean | undefined
}

/** ms of wall time that one scenario may take: beyond, it goes round in circles. */
const WATCHDOG_MS = 60_000

/**
 * Where each worker has a core, threads that help its garbage collector take one from
 * another worker, and to wake them costs more than they save: some 7 % of the time.
 */
const WORKER_FLAGS: readonly string[] = ['--single-threaded-gc']

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
    let worker = await startWorker(options)
    try {
      while (!stopped) {
        const next = queue.next()
        if (next.done === true) break
        for (let items = next.value; items.length > 0 && !stopped;) {
          const job: Job = { items, stopAtFailure: options.stopAtFailure === true }
          const { verdict, stuck } = await play(worker, job)
          if (!options.onVerdict(verdict)) stopped = true
          if (!stuck) break
          worker.kill('SIGKILL')
          worker = await startWorker(options)
          items = items.slice(verdict.played)
        }
      }
    } catch (error) {
      stopped = true
      throw error
    } finally {
      worker.kill('SIGKILL')
    }
  }
}

async function startWorker(setup: Setup): Promise<ChildProcess> {
  const { protocolFolder, stateFolder, profile, size } = setup
  const worker = fork(
    new URL(import.meta.url.endsWith('.ts') ? 'worker.ts' : 'worker.js', import.meta.url),
    [JSON.stringify({ protocolFolder, stateFolder, profile, size } satisfies Setup)],
    { execArgv: ['--conditions=source', ...WORKER_FLAGS] }
  )
  await new Promise<void>((resolve, reject) => {
    worker.once('message', () => resolve())
    worker.once('exit', (code) => reject(new Error(`a worker has ended with code ${code}`)))
  })
  return worker
}

/** Has a worker play a job; `stuck` when one of its scenarios does not come to an end. */
function play(
  worker: ChildProcess,
  job: Job
): Promise<{ readonly verdict: Verdict; readonly stuck: boolean }> {
  return new Promise((resolve, reject) => {
    let begun = 0
    let playing: Scenario | undefined
    let timer = setTimeout(onSilence, WATCHDOG_MS)
    function onSilence(): void {
      const message = `no end within ${WATCHDOG_MS} ms of real time: something goes round in circles`
      const failures =
        playing === undefined
          ? []
          : [{ scenario: playing, invariant: 'watchdog', message } as const]
      end()
      resolve({ verdict: { counters: [], failures, events: 0, played: begun }, stuck: true })
    }
    function onMessage(message: unknown): void {
      const word = message as Word
      if (word.type === 'playing') {
        begun++
        playing = word.scenario
        clearTimeout(timer)
        timer = setTimeout(onSilence, WATCHDOG_MS)
      } else if (word.type === 'verdict') {
        end()
        resolve({ verdict: word.verdict, stuck: false })
      }
    }
    function onExit(code: number | null): void {
      end()
      reject(new Error(`a worker has ended with code ${code}`))
    }
    function end(): void {
      clearTimeout(timer)
      worker.off('message', onMessage)
      worker.off('exit', onExit)
    }
    worker.on('message', onMessage)
    worker.on('exit', onExit)
    worker.send(job)
  })
}
