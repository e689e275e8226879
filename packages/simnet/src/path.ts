import type { PeerId } from '@daa-compute/interface'
import { SimEvent, type EventOwner, type Flow } from './event-queue.ts'
import type { Link } from './link.ts'
import type { Scheduler } from './scheduler.ts'

/** The flow of messages that nobody repeats: what does not get through is lost. */
export const DATAGRAM: Flow = { lastArrivalMs: 0 }

/** Bytes of a control message, which takes no time on the line. */
export const CONTROL = -1

/**
 * The way from one peer to another: everything that leads from the one to the other travels on it.
 *
 * While it is blocked nothing arrives. What was under way is lost, and like what is sent meanwhile
 * it is sent again, in order, when the way is open again, as TCP does; only datagrams are gone.
 */
export class Path {
  readonly from: PeerId
  readonly to: PeerId
  /** How often it was blocked so far, by which a timer knows the blockade it belongs to. */
  blockades = 0

  readonly #scheduler: Scheduler
  readonly #link: Link
  #held: SimEvent[] | undefined

  constructor(from: PeerId, to: PeerId, link: Link, scheduler: Scheduler) {
    this.from = from
    this.to = to
    this.#link = link
    this.#scheduler = scheduler
  }

  get blocked(): boolean {
    return this.#held !== undefined
  }

  /**
   * Sends a message of so many bytes, or `CONTROL`.
   *
   * @param flow the messages it must not overtake, if any
   * @param owner who receives it
   * @param action what its arrival does, called with `target` and `argument`
   */
  carry<Target, Argument>(
    length: number,
    flow: Flow | undefined,
    owner: EventOwner | undefined,
    action: (target: Target, argument: Argument) => void,
    target: Target,
    argument: Argument
  ): void {
    const event = new SimEvent(owner, action, target, argument)
    event.path = this
    event.length = length
    event.flow = flow
    this.#send(event)
  }

  block(): void {
    if (this.#held !== undefined) return
    this.blockades++
    this.#held = this.#scheduler.extract(this).filter(({ flow }) => flow !== DATAGRAM)
  }

  unblock(): void {
    const held = this.#held
    if (held === undefined) return
    this.#held = undefined
    for (const event of held) this.#send(event)
  }

  #send(event: SimEvent): void {
    const { length, flow } = event
    if (this.#held !== undefined) {
      if (flow !== DATAGRAM) this.#held.push(event)
      return
    }
    const nowMs = this.#scheduler.now()
    let timeMs = length < 0 ? this.#link.signal(nowMs) : this.#link.transmit(nowMs, length)
    if (flow !== undefined && flow !== DATAGRAM) {
      if (timeMs < flow.lastArrivalMs) timeMs = flow.lastArrivalMs
      else flow.lastArrivalMs = timeMs
    }
    this.#scheduler.plan(event, timeMs)
  }
}

/** The ways of a simulation, each made when it is first used. */
export interface Paths {
  between(from: PeerId, to: PeerId): Path
  /** The way, if it was ever used. */
  find(from: PeerId, to: PeerId): Path | undefined
  all(): Iterable<Path>
}

export function createPaths(make: (from: PeerId, to: PeerId) => Path): Paths {
  const table = new Map<PeerId, Map<PeerId, Path>>()
  return {
    between(from, to) {
      let outgoing = table.get(from)
      if (outgoing === undefined) {
        outgoing = new Map()
        table.set(from, outgoing)
      }
      let path = outgoing.get(to)
      if (path === undefined) {
        path = make(from, to)
        outgoing.set(to, path)
      }
      return path
    },
    find: (from, to) => table.get(from)?.get(to),
    *all() {
      for (const outgoing of table.values()) yield* outgoing.values()
    }
  }
}
