import type { AbortOptions, Clock } from '@daa-compute/interface'
import { SimnetError, type SimWait } from './errors.ts'
import { createEventQueue, type EventOwner, type SimEvent } from './event-queue.ts'
import { takeTurns } from './turns.ts'

export interface SchedulerInit {
  readonly seed: string
  readonly maxVirtualMs: number
  readonly maxEvents: number
  /** Who waits for what, for the errors of a run that gets nowhere. */
  waits(): readonly SimWait[]
}

/** Virtual time: what will happen, and the loop that makes it happen. */
export interface Scheduler {
  /** Virtual time, in ms. */
  now(): number
  /** Events that have happened so far. */
  events(): number
  /**
   * Plans an action for a moment that is not before now.
   *
   * @param owner whose action it is; it is dropped if that peer dies before
   */
  at(timeMs: number, owner: EventOwner | undefined, action: () => void): SimEvent
  cancel(event: SimEvent): void
  /** A clock whose timers live and die with the owner. */
  clock(owner: EventOwner | undefined): Clock
  run<T>(main: () => Promise<T>, options?: AbortOptions): Promise<T>
}

export function createScheduler(init: SchedulerInit): Scheduler {
  const queue = createEventQueue()
  let nowMs = 0
  let eventCount = 0
  let sequence = 0
  let running = false

  function at(timeMs: number, owner: EventOwner | undefined, action: () => void): SimEvent {
    const event: SimEvent = { timeMs, sequence: sequence++, action, owner }
    queue.push(event)
    return event
  }

  function cancel(event: SimEvent): void {
    if (event.action === undefined) return
    event.action = undefined
    queue.cancelled()
  }

  function clock(owner: EventOwner | undefined): Clock {
    return {
      now: () => nowMs,
      schedule(delayMs, callback) {
        if (Number.isNaN(delayMs)) {
          throw new SimnetError('BAD_OPTION', 'a timer was scheduled with a delay that is NaN', {
            option: 'delayMs',
            value: delayMs
          })
        }
        // a timer that never fires must not hold up the verdict that nothing is left
        if (delayMs === Infinity) return () => {}
        const event = at(nowMs + Math.max(0, delayMs), owner, callback)
        return () => cancel(event)
      }
    }
  }

  /** Makes everything happen that was planned for the next moment; `false` if there is nothing. */
  function advance(endMs: number, endEvents: number): boolean {
    const first = queue.peek()
    if (first === undefined) return false
    if (first.timeMs > endMs) throw timeLimit()
    nowMs = first.timeMs
    // what these events plan for the same moment happens after the promises they settle
    const planned = sequence
    for (let next: SimEvent | undefined = first; ; next = queue.peek()) {
      if (next === undefined || next.timeMs > nowMs || next.sequence >= planned) return true
      if (eventCount >= endEvents) throw eventLimit()
      queue.pop()
      eventCount++
      const { action } = next
      next.action = undefined
      action?.()
    }
  }

  function run<T>(main: () => Promise<T>, options: AbortOptions = {}): Promise<T> {
    const { signal } = options
    if (signal?.aborted === true) return Promise.reject(signal.reason as Error)
    if (running) return Promise.reject(alreadyRunning())
    running = true
    const endMs = nowMs + init.maxVirtualMs
    const endEvents = eventCount + init.maxEvents

    return new Promise<T>((resolve, reject) => {
      let settle: (() => void) | undefined
      // not async: what main throws at once is a failure of the run like any other
      new Promise<T>((start) => {
        start(main())
      }).then(
        (value) => {
          settle ??= () => resolve(value)
        },
        (error: unknown) => {
          settle ??= () => reject(error)
        }
      )
      takeTurns(() => {
        if (settle === undefined && signal?.aborted === true) {
          settle = () => reject(signal.reason as Error)
        }
        if (settle === undefined) {
          try {
            if (advance(endMs, endEvents)) return true
            const error = deadlock()
            settle = () => reject(error)
          } catch (error) {
            // a callback of the program under test has thrown, or a limit was reached
            settle = () => reject(error)
          }
        }
        running = false
        settle()
        return false
      })
    })
  }

  function deadlock(): SimnetError {
    const waits = init.waits()
    return new SimnetError(
      'DEADLOCK',
      `the run has not settled and nothing is left that could happen (seed ${init.seed}, ` +
        `${nowMs.toFixed(3)} ms): everything waits for everything, or for something outside the ` +
        'simulation (real timers, I/O, import(), compiling WebAssembly: do these before run). ' +
        describeWaits(waits),
      { seed: init.seed, nowMs, waits }
    )
  }

  function timeLimit(): SimnetError {
    const waits = init.waits()
    return new SimnetError(
      'TIME_LIMIT',
      `the run took more than ${init.maxVirtualMs} ms of virtual time (seed ${init.seed}): it ` +
        `waits for something that does not come, or needs a larger maxVirtualMs. ${describeWaits(waits)}`,
      { seed: init.seed, limit: init.maxVirtualMs, waits }
    )
  }

  function eventLimit(): SimnetError {
    const waits = init.waits()
    return new SimnetError(
      'EVENT_LIMIT',
      `the run took more than ${init.maxEvents} events by ${nowMs.toFixed(3)} ms (seed ` +
        `${init.seed}): it goes round in circles, or needs a larger maxEvents. ${describeWaits(waits)}`,
      { seed: init.seed, limit: init.maxEvents, waits }
    )
  }

  function alreadyRunning(): SimnetError {
    return new SimnetError(
      'ALREADY_RUNNING',
      'run was called during another run of the same simnet: await the first one, or start both ' +
        'parts inside one run with Promise.all',
      { seed: init.seed }
    )
  }

  return { now: () => nowMs, events: () => eventCount, at, cancel, clock, run }
}

/** Waits a message lists; the error's detail has all of them. */
const SHOWN_WAITS = 20

function describeWaits(waits: readonly SimWait[]): string {
  if (waits.length === 0) return 'Nobody waits on a channel.'
  const lines = waits
    .slice(0, SHOWN_WAITS)
    .map(
      ({ peer, operation, remote, protocol, sinceMs }) =>
        `\n  ${peer} waits in ${operation} on ${protocol} with ${remote} since ${sinceMs.toFixed(3)} ms`
    )
  if (waits.length > SHOWN_WAITS) lines.push(`\n  and ${waits.length - SHOWN_WAITS} more`)
  return `Waiting:${lines.join('')}`
}
