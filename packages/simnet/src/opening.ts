import type { Channel, PeerId } from '@daa-compute/interface'
import {
  brokenError,
  notSupportedError,
  unansweredError,
  unreachableError
} from './connector-errors.ts'
import { Endpoint } from './endpoint.ts'
import { SimEvent } from './event-queue.ts'
import type { Host } from './host.ts'
import { CONTROL } from './path.ts'
import { Pending } from './pending.ts'
import type { World } from './world.ts'

/**
 * A channel on its way to be opened: the request to the other peer, and the answer.
 *
 * Only what can lose them has a time limit, so that nothing is planned for a channel that opens as
 * usual: a way that is blocked, and a peer that does not handle its events.
 */
export class Opening {
  readonly endpoint: Endpoint
  readonly pending: Pending<Channel>

  readonly #world: World
  readonly #host: Host
  readonly #peer: PeerId
  readonly #protocol: string
  readonly #channel: number
  #timeout: SimEvent | undefined

  constructor(world: World, host: Host, peer: PeerId, protocol: string, channel: number) {
    this.#world = world
    this.#host = host
    this.#peer = peer
    this.#protocol = protocol
    this.#channel = channel
    this.endpoint = new Endpoint(world, host, peer, protocol, channel)
    this.endpoint.withhold()
    this.pending = new Pending(world.scheduler.now())
    host.openings.add(this)
  }

  /** Sends the request. */
  static start(opening: Opening): void {
    const { endpoint } = opening
    if (endpoint.over) return
    const { paths, recorder } = opening.#world
    const host = opening.#host
    const peer = opening.#peer
    recorder.noteChannel('open', opening.#channel, host.id, peer, opening.#protocol)
    const there = paths.between(host.id, peer)
    // nobody in particular owns the request: it arrives, or finds the place empty
    there.carry(CONTROL, undefined, undefined, Opening.#arrive, opening, undefined)
    if (there.blocked || paths.between(peer, host.id).blocked) opening.limit()
  }

  /** From now on the answer may not come: ends it unless it does in time. */
  limit(): void {
    if (this.#timeout !== undefined) return
    const { scheduler, options } = this.#world
    const { openTimeoutMs } = options
    if (openTimeoutMs === Infinity) return
    const timeMs = Math.max(scheduler.now(), this.pending.sinceMs + openTimeoutMs)
    this.#timeout = scheduler.at(timeMs, this.#host, Opening.#expire, this)
  }

  /** Ends it at both peers. */
  abandon(error: Error): void {
    this.#settle()
    this.endpoint.abort(error)
  }

  /** Ends it as failed; the other peer is not told. */
  reject(error: Error): void {
    this.#settle()
    this.endpoint.fail(error)
    this.pending.reject(error)
  }

  /** The connection on which it was under way is gone. */
  lose(): void {
    this.reject(brokenError(this.#peer))
  }

  /** The request has reached the other peer, or where that peer was. */
  static #arrive(opening: Opening): void {
    const remote = opening.#world.hosts.get(opening.#peer)
    if (remote === undefined || !remote.hindered) return Opening.#meet(opening)
    // should that peer crash before its turn comes, the request still finds the place empty
    opening.limit()
    remote.take(new SimEvent(undefined, Opening.#meet, opening, undefined))
  }

  static #meet(opening: Opening): void {
    const world = opening.#world
    const host = opening.#host
    const peer = opening.#peer
    const protocol = opening.#protocol
    const { endpoint } = opening
    if (!host.alive || endpoint.over) return
    const back = world.paths.between(peer, host.id)
    const remote = peer === host.id ? undefined : world.hosts.get(peer)
    const handler = remote?.handlers.get(protocol)
    if (remote === undefined || handler === undefined) {
      world.recorder.noteChannel('refuse', opening.#channel, peer, host.id, protocol)
      const error =
        remote === undefined ? unreachableError(peer) : notSupportedError(peer, protocol)
      back.carry(CONTROL, undefined, host, Opening.#refused, opening, error)
      return
    }
    const accepted = new Endpoint(world, remote, host.id, protocol, opening.#channel)
    Endpoint.join(endpoint, accepted)
    // nothing that the other end sends overtakes the answer
    back.carry(CONTROL, accepted.outbox, host, Opening.#accepted, opening, undefined)
    world.recorder.noteChannel('accept', opening.#channel, peer, host.id, protocol)
    handler(accepted)
  }

  static #refused(opening: Opening, error: Error): void {
    if (!opening.endpoint.over) opening.reject(error)
  }

  static #accepted(opening: Opening): void {
    const { endpoint, pending } = opening
    if (endpoint.over) return
    opening.#settle()
    pending.resolve(endpoint)
    endpoint.give()
  }

  static #expire(opening: Opening): void {
    if (opening.endpoint.over) return
    const error = unansweredError(opening.#peer, opening.#world.options.openTimeoutMs)
    opening.abandon(error)
    opening.pending.reject(error)
  }

  #settle(): void {
    this.#host.openings.delete(this)
    if (this.#timeout !== undefined) this.#world.scheduler.cancel(this.#timeout)
  }
}
