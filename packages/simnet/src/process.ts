import { SLOW_EVENT_MS } from './constants.ts'
import { checkFinite } from './errors.ts'
import { SimEvent, type EventOwner } from './event-queue.ts'
import type { Scheduler } from './scheduler.ts'

/**
 * How a peer gets on with its events: at once, one after another with pauses, or not at all.
 *
 * Events that are due while it cannot handle them queue up and happen later in the order in which
 * they were due, so that being stopped or slow changes no order.
 */
export class Process implements EventOwner {
  /** Set to `false` once, by a crash; from then on nothing of it has an effect. */
  alive = true
  frozen = false
  hindered = false

  readonly #scheduler: Scheduler
  #backlog: SimEvent[] = []
  /** Time that each event takes, in ms. */
  #workMs = 0
  /** Its next turn is planned. */
  #planned = false

  constructor(scheduler: Scheduler) {
    this.#scheduler = scheduler
  }

  get state(): 'running' | 'frozen' | 'slow' | 'crashed' {
    if (!this.alive) return 'crashed'
    if (this.frozen) return 'frozen'
    return this.hindered ? 'slow' : 'running'
  }

  /** Events that wait for it. */
  get backlog(): number {
    return this.#backlog.reduce((sum, event) => sum + (event.action === undefined ? 0 : 1), 0)
  }

  take(event: SimEvent): void {
    this.#backlog.push(event)
    this.#goOn()
  }

  freeze(): void {
    this.frozen = true
    this.#goOn()
  }

  thaw(): void {
    this.frozen = false
    // what it had to wait with was taken before its time if nothing else was left that could happen
    const nowMs = this.#scheduler.now()
    for (const event of this.#backlog) if (event.timeMs > nowMs) this.#scheduler.restore(event)
    this.#backlog = this.#backlog.filter(({ timeMs }) => timeMs <= nowMs)
    this.#goOn()
  }

  slowDown(factor: number): void {
    this.#workMs = (checkFinite('factor', factor, 1) - 1) * SLOW_EVENT_MS
    this.#goOn()
  }

  /** Does now what leaves the peer, or at its thaw. */
  whenAwake<Target, Argument>(
    action: (target: Target, argument: Argument) => void,
    target: Target,
    argument: Argument
  ): void {
    if (this.frozen) this.#backlog.push(new SimEvent(this, action, target, argument))
    else action(target, argument)
  }

  /** Puts what it was about to handle when it was stopped in front of the rest. */
  takeBack<Target, Argument>(
    action: (target: Target, argument: Argument) => void,
    target: Target,
    argument: Argument
  ): void {
    this.#backlog.unshift(new SimEvent(this, action, target, argument))
  }

  /** Ends it; what others wait for and would have happened in it goes on without it. */
  end(): void {
    this.alive = false
    for (const event of this.#backlog.splice(0)) {
      if (event.owner === undefined) this.#scheduler.fire(event)
    }
  }

  #goOn(): void {
    this.hindered = this.frozen || this.#workMs > 0 || this.#backlog.length > 0
    if (this.frozen || this.#planned || this.#backlog.length === 0) return
    this.#planned = true
    this.#scheduler.at(this.#scheduler.now() + this.#workMs, undefined, Process.#turn, this)
  }

  /** Handles one event if each takes time, or else all there are. */
  static #turn(process: Process): void {
    process.#planned = false
    try {
      do {
        const event = process.#backlog.shift()
        if (event === undefined) break
        process.#scheduler.fire(event)
      } while (process.#workMs === 0 && process.alive && !process.frozen)
    } finally {
      if (process.alive) process.#goOn()
    }
  }
}
