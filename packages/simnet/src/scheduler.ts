import type { AbortOptions } from '@daa-compute/interface'
import { createEventQueue, SimEvent, type EventOwner } from './event-queue.ts'
import type { Options } from './options.ts'
import type { Path } from './path.ts'
import { takeTurns } from './turns.ts'
import {
  alreadyRunningError,
  deadlockError,
  eventLimitError,
  timeLimitError,
  type Findings
} from './verdicts.ts'

/** Virtual time: what will happen, and the loop that makes it happen. */
export interface Scheduler {
  /** Virtual time, in ms. */
  now(): number
  /** Events that have happened so far. */
  events(): number
  /**
   * Plans `action(target, argument)` for a moment that is not before now.
   *
   * @param owner whose action it is; it is dropped if that peer dies before
   */
  at<Target = undefined, Argument = undefined>(
    timeMs: number,
    owner: EventOwner | undefined,
    action: (target: Target, argument: Argument) => void,
    target?: Target,
    argument?: Argument
  ): SimEvent
  /** Plans an event that exists. */
  plan(event: SimEvent, timeMs: number): void
  /** Plans an event again as it was. */
  restore(event: SimEvent): void
  cancel(event: SimEvent): void
  /** Takes out what travels on a way, in order. */
  extract(path: Path): SimEvent[]
  /** Makes an event happen now, unless it was cancelled. */
  fire(event: SimEvent): void
  /** Ends the run with an error; throws it when there is none. */
  fail(error: unknown): void
  run<T>(main: () => Promise<T>, options?: AbortOptions): Promise<T>
}

/**
 * @param diagnose what to say of a run that gets nowhere
 */
export function createScheduler(
  { seed, maxVirtualMs, maxEvents }: Pick<Options, 'seed' | 'maxVirtualMs' | 'maxEvents'>,
  diagnose: () => Pick<Findings, 'waits' | 'faults'>
): Scheduler {
  const queue = createEventQueue()
  let nowMs = 0
  let eventCount = 0
  let sequence = 0
  let running = false
  /** Ends the run that is going on, if it has not ended. */
  let failRun: ((error: unknown) => void) | undefined

  function plan(event: SimEvent, timeMs: number): void {
    event.timeMs = timeMs
    event.sequence = sequence++
    queue.push(event)
  }

  function at<Target, Argument>(
    timeMs: number,
    owner: EventOwner | undefined,
    action: (target: Target, argument: Argument) => void,
    target?: Target,
    argument?: Argument
  ): SimEvent {
    const event = new SimEvent(owner, action, target, argument)
    plan(event, timeMs)
    return event
  }

  function cancel(event: SimEvent): void {
    if (event.action === undefined) return
    event.action = undefined
    queue.cancelled()
  }

  function fire(event: SimEvent): void {
    const { action } = event
    if (action === undefined) return
    eventCount++
    event.action = undefined
    ;(action as (target: unknown, argument: unknown) => void)(event.target, event.argument)
  }

  /** The next event that can happen; what a frozen peer has to wait with makes no time pass. */
  function next(): SimEvent | undefined {
    for (;;) {
      const event = queue.peek()
      if (event === undefined || event.owner === undefined || !event.owner.frozen) return event
      queue.pop()
      event.owner.take(event)
    }
  }

  /** Makes everything happen that was planned for the next moment; `false` if there is nothing. */
  function advance(endMs: number, endEvents: number): boolean {
    let event = next()
    if (event === undefined) return false
    if (event.timeMs > endMs) throw timeLimitError(findings(), maxVirtualMs)
    nowMs = event.timeMs
    // what these events plan for the same moment happens after the promises they settle
    const planned = sequence
    do {
      if (eventCount >= endEvents) throw eventLimitError(findings(), maxEvents)
      queue.pop()
      const { owner } = event
      if (owner !== undefined && owner.hindered) owner.take(event)
      else fire(event)
      event = queue.peek()
    } while (event !== undefined && event.timeMs === nowMs && event.sequence < planned)
    return true
  }

  function run<T>(main: () => Promise<T>, options: AbortOptions = {}): Promise<T> {
    const { signal } = options
    if (signal?.aborted === true) return Promise.reject(signal.reason as Error)
    if (running) return Promise.reject(alreadyRunningError(seed))
    running = true
    const endMs = nowMs + maxVirtualMs
    const endEvents = eventCount + maxEvents

    return new Promise<T>((resolve, reject) => {
      let settle: (() => void) | undefined
      failRun = (error) => {
        settle ??= () => reject(error)
      }
      // not async: what main throws at once is a failure of the run like any other
      new Promise<T>((start) => {
        start(main())
      }).then((value) => {
        settle ??= () => resolve(value)
      }, failRun)
      takeTurns(() => {
        if (settle === undefined && signal?.aborted === true) failRun?.(signal.reason)
        if (settle === undefined) {
          try {
            if (advance(endMs, endEvents)) return true
            throw deadlockError(findings())
          } catch (error) {
            // a callback of the program under test has thrown, or a limit was reached
            failRun?.(error)
          }
        }
        running = false
        failRun = undefined
        settle?.()
        return false
      })
    })
  }

  function findings(): Findings {
    return { seed, nowMs, ...diagnose() }
  }

  return {
    now: () => nowMs,
    events: () => eventCount,
    at,
    plan,
    restore: queue.push,
    cancel,
    extract: queue.extract,
    fire,
    fail(error) {
      if (failRun === undefined) throw error
      failRun(error)
    },
    run
  }
}
