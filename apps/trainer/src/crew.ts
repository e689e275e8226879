import { fork, type ChildProcess } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { KILL_TIMEOUT_MS } from './constants.ts'
import { TrainerError } from './errors.ts'
import { EXIT_INTERRUPTED } from './interruption.ts'
import type { ChildMessage, Report, Task, TaskHooks } from './task.ts'

/** A task that a process of its own performs. */
export interface CrewMember {
  readonly name: string
  readonly pid: number | undefined
  /** The addresses of a peer, once it listens. Rejects like `report`. */
  readonly listening: Promise<readonly string[]>
  /**
   * What became of the task.
   *
   * @throws {TrainerError} `CHILD_FAILED` when the process ended without a report
   */
  readonly report: Promise<Report>
  /** Sends its process a signal, if it lives. */
  signal(name: NodeJS.Signals): void
}

/** What is told of a task as it goes on. */
export type MemberHooks = Pick<TaskHooks, 'onProgress' | 'onBehind' | 'onCaughtUp'>

/** Processes of which none outlives the crew. */
export interface Crew extends AsyncDisposable {
  start(name: string, task: Task, hooks?: MemberHooks): CrewMember
  /** Ends all of them, politely and then not, and waits until they are gone. Idempotent. */
  stop(): Promise<void>
}

// This file's own extension: sources run as they are, and so does what is built of them.
const CHILD = fileURLToPath(
  new URL(import.meta.url.endsWith('.ts') ? './child.ts' : './child.js', import.meta.url)
)

/** Makes a crew without members. */
export function createCrew(): Crew {
  const living = new Map<ChildProcess, Promise<void>>()
  const stop = async (): Promise<void> => {
    await Promise.all(Array.from(living, ([child, ended]) => endChild(child, ended)))
  }
  return {
    start(name, task, hooks = {}) {
      const child = fork(CHILD, [JSON.stringify(task)], {
        // stdout is for results; what a child has to say is for the terminal
        stdio: ['ignore', process.stderr, process.stderr, 'ipc']
      })
      const ended = Promise.withResolvers<void>()
      living.set(child, ended.promise)
      const forget = (): void => {
        living.delete(child)
        ended.resolve()
      }
      child.once('close', forget)
      return watchChild(name, child, hooks, forget)
    },
    stop,
    [Symbol.asyncDispose]: stop
  }
}

function watchChild(
  name: string,
  child: ChildProcess,
  hooks: MemberHooks,
  forget: () => void
): CrewMember {
  const listening = Promise.withResolvers<readonly string[]>()
  const report = Promise.withResolvers<Report>()
  let reason: string | undefined
  const fail = (why: string, stopped = false): void => {
    const error = new TrainerError('CHILD_FAILED', `${name} failed: ${why}`, {
      child: name,
      reason: why,
      stopped
    })
    listening.reject(error)
    report.reject(error)
  }
  // Whoever awaits one of the two still gets the error.
  listening.promise.catch(() => {})
  report.promise.catch(() => {})
  child.on('message', (message: ChildMessage) => {
    if (message.type === 'listening') listening.resolve(message.addresses)
    else if (message.type === 'progress') hooks.onProgress?.(message.progress)
    else if (message.type === 'behind') hooks.onBehind?.(message.step)
    else if (message.type === 'caughtUp') hooks.onCaughtUp?.(message.step)
    else if (message.type === 'done') report.resolve(message.report)
    else reason = message.reason
  })
  // Only the end of the process counts as failure: a peer that is killed is gone
  // at once, while those that fail because of it have goodbyes to say. And it is
  // `close`, not `exit`, which can come before the last message was read.
  child.once('close', (code, signal) => {
    const how = `its process ended ${signal === null ? `with code ${code}` : `by ${signal}`}`
    // by the signal itself if it came before the process watched for it
    const stopped = signal === 'SIGINT' || signal === 'SIGTERM' || code === EXIT_INTERRUPTED
    fail(reason ?? how, stopped)
  })
  child.once('error', (error) => {
    fail(error.message)
    if (child.pid === undefined) forget()
  })
  return {
    name,
    pid: child.pid,
    listening: listening.promise,
    report: report.promise,
    signal(signal) {
      const isAlive = child.exitCode === null && child.signalCode === null
      // not `child.kill`, after which Node takes the child for killed, whatever the signal
      if (isAlive && child.pid !== undefined) process.kill(child.pid, signal)
    }
  }
}

async function endChild(child: ChildProcess, ended: Promise<void>): Promise<void> {
  // Not `disconnect`, after which Node never tells that a child is closed. A
  // second signal would be impolite.
  if (!child.killed) child.kill('SIGTERM')
  const timer = setTimeout(() => child.kill('SIGKILL'), KILL_TIMEOUT_MS)
  await ended
  clearTimeout(timer)
}
