import type { Broadcast, Clock, PeerId, Random } from '@daa-compute/interface'
import { createClock } from './clock.ts'
import { createConnector, type SimConnector } from './connector.ts'
import { crashHost, type Host } from './host.ts'
import type { World } from './world.ts'

/** One process life of a simulated peer, and what the code that runs on it is given. */
export interface SimPeer {
  readonly id: PeerId
  readonly connector: SimConnector
  readonly broadcast: Broadcast
  /** The simulation's time; its timers die with the peer. */
  readonly clock: Clock
  /** A stream of the peer's own: what others draw does not change it. */
  readonly random: Random
  readonly state: 'running' | 'frozen' | 'slow' | 'crashed'

  /**
   * Stops the peer where it stands: its timers never fire, its promises never settle, and whatever
   * its code still does has no effect. What it has already sent arrives, unless the news of the
   * crash overtake it; the other ends of its channels then fail with `RESET`. Idempotent.
   *
   * `addPeer` with the same id starts another life, which remembers nothing.
   */
  crash(): void

  /**
   * Stops the peer as SIGSTOP stops a process: no timer and no message is handled, and nothing it
   * still does this very moment leaves it. Its channels stay open; what others send it queues up
   * within the channels' windows. Idempotent; without effect on a crashed peer.
   */
  freeze(): void

  /**
   * Lets a frozen peer go on, as SIGCONT does: what was due meanwhile happens now, in order, and
   * its clock has jumped. Idempotent.
   */
  thaw(): void

  /**
   * Makes the peer slow: each event (a timer, a message) takes it `factor - 1` ms, one after
   * another, so that it falls behind when more come. 1 ends it: what has piled up is handled
   * as soon as the event in hand is done.
   *
   * @throws {SimnetError} `BAD_OPTION` unless it is a number of at least 1
   */
  slowDown(factor: number): void
}

/** A class, as getters in an object literal would make each object a shape of its own. */
export class Peer implements SimPeer {
  readonly id: PeerId
  readonly connector: SimConnector
  readonly broadcast: Broadcast
  readonly clock: Clock

  readonly #world: World
  readonly #host: Host
  readonly #stream: () => Random
  #random: Random | undefined

  /** @param stream makes the stream of the peer, when it is first used */
  constructor(world: World, host: Host, broadcast: Broadcast, stream: () => Random) {
    this.id = host.id
    this.connector = createConnector(world, host)
    this.broadcast = broadcast
    this.clock = createClock(world.scheduler, host)
    this.#world = world
    this.#host = host
    this.#stream = stream
  }

  /** The host behind a peer that users hold, if it is one of this simulation. */
  static hostOf(peer: object, world: World): Host | undefined {
    return #host in peer && peer.#world === world ? peer.#host : undefined
  }

  get random(): Random {
    this.#random ??= this.#stream()
    return this.#random
  }

  get state(): SimPeer['state'] {
    return this.#host.state
  }

  // bound, so that they can be handed on as they are, to a timer for example

  readonly crash = (): void => crashHost(this.#world, this.#host)

  readonly freeze = (): void => {
    const host = this.#host
    if (!host.alive || host.frozen) return
    this.#world.recorder.note('freeze', host.id)
    host.freeze()
  }

  readonly thaw = (): void => {
    const host = this.#host
    if (!host.alive || !host.frozen) return
    this.#world.recorder.note('thaw', host.id)
    host.thaw()
  }

  readonly slowDown = (factor: number): void => {
    const host = this.#host
    if (!host.alive) return
    host.slowDown(factor)
    this.#world.recorder.note('slow', host.id, undefined, undefined, factor)
  }
}
