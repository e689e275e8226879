import { LEAVE_TIMEOUT_MS } from './constants.ts'
import { TrainerError } from './errors.ts'

/** Exit code of a process that the user stopped: 128 and the number of SIGINT, as shells have it. */
export const EXIT_INTERRUPTED = 130

/** Exit code of a process that nobody reads any more: 128 and the number of SIGPIPE. */
const EXIT_UNREAD = 141

/** A signal that Ctrl+C, a `kill`, the end of a parent or of a reader aborts. */
export interface Interruption extends Disposable {
  readonly signal: AbortSignal
}

/** How to watch. */
export interface InterruptionOptions {
  /**
   * Leaves SIGINT to the parent: Ctrl+C in a terminal goes to every process of
   * the group, and the parent ends its children in order. Default `false`.
   */
  readonly ignoreInterrupt?: boolean
}

/**
 * Watches for reasons to stop: SIGINT, SIGTERM, and, for a process that was
 * started with an IPC channel, the end of its parent, however it came about; and
 * the end of whoever reads what it prints, as in `… | head`.
 *
 * Only the first of them counts: npm and the bootstrap hand signals on that a
 * terminal has given to the whole group already. What follows has to be quick
 * enough that nobody needs a second one; see {@link endSoon}.
 */
export function watchInterruption({
  ignoreInterrupt = false
}: InterruptionOptions = {}): Interruption {
  const controller = new AbortController()
  const stop = (by: string, exitCode: number = EXIT_INTERRUPTED): void => {
    if (controller.signal.aborted) return
    process.exitCode = exitCode
    controller.abort(new TrainerError('INTERRUPTED', `stopped by ${by}`, { by }))
  }
  const onInterrupt = (): void => {
    if (!ignoreInterrupt) stop('SIGINT')
  }
  const onTerminate = (): void => stop('SIGTERM')
  const onDisconnect = (): void => stop('the end of its parent')
  const onUnread = (error: NodeJS.ErrnoException): void => {
    if (error.code !== 'EPIPE') throw error
    stop('the end of its reader', EXIT_UNREAD)
  }
  // to the end of the process: the last line is written last
  process.stdout.on('error', onUnread)
  process.stderr.on('error', onUnread)
  process.on('SIGINT', onInterrupt)
  process.on('SIGTERM', onTerminate)
  if (process.channel !== undefined) {
    process.on('disconnect', onDisconnect)
    // watching alone is no reason to live on
    process.channel.unref()
  }
  return {
    signal: controller.signal,
    [Symbol.dispose]() {
      process.off('SIGINT', onInterrupt)
      process.off('SIGTERM', onTerminate)
      process.off('disconnect', onDisconnect)
    }
  }
}

/**
 * Ends the process in a moment if it has not ended by itself by then. The timer
 * alone keeps nothing alive.
 */
export function endSoon(): void {
  setTimeout(() => process.exit(), LEAVE_TIMEOUT_MS).unref()
}
