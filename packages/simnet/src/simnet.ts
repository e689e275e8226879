import {
  peerId,
  type AbortOptions,
  type Broadcast,
  type Clock,
  type PeerId,
  type Random
} from '@daa-compute/interface'
import { createEther } from './broadcast.ts'
import { createConnector, type SimConnector } from './connector.ts'
import {
  DEFAULT_LATENCY_MS,
  DEFAULT_MAX_EVENTS,
  DEFAULT_MAX_FRAME_LENGTH,
  DEFAULT_MAX_VIRTUAL_MS,
  DEFAULT_WINDOW_LENGTH
} from './constants.ts'
import { createDirectory, type SimDirectory } from './directory.ts'
import { checkAtLeast, checkCount, SimnetError } from './errors.ts'
import { collectWaits, crashHost, createHost, type World } from './host.ts'
import { createLink, createLinks, latencyRange, type Latency, type LinkOptions } from './link.ts'
import { createRandom } from './random.ts'
import { createScheduler } from './scheduler.ts'
import type { TraceSink } from './trace.ts'

/** Options of {@link createSimnet}. */
export interface SimnetInit {
  /** What everything random is derived from. The same seed and program give the same run. */
  readonly seed: number | string
  /** Delay of one way, in ms. Default: drawn from 10 to 30 for each message. */
  readonly latencyMs?: Latency | undefined
  /** Bits per second from one peer to another, shared by their channels. Default: `Infinity`. */
  readonly bandwidth?: number | undefined
  /**
   * Makes the way from one peer to another differ. Asked once per pair and direction, when it is
   * first used; what it leaves out is as above.
   */
  readonly link?: ((from: PeerId, to: PeerId) => LinkOptions | undefined) | undefined
  /** Longest frame of a channel, in bytes. Default: 1 MiB and 1 KiB. */
  readonly maxFrameLength?: number | undefined
  /**
   * Bytes that a channel takes per direction before sends wait for the receiver. Default: 1 MiB.
   * One frame more than this is the most that is ever buffered.
   */
  readonly windowLength?: number | undefined
  /** Virtual time that one `run` may take, in ms. Default: one day. */
  readonly maxVirtualMs?: number | undefined
  /** Events that one `run` may take. Default: 10 million. */
  readonly maxEvents?: number | undefined
  /** Gets told everything that happens; see `createTrace`. */
  readonly trace?: TraceSink | undefined
}

/** One process life of a simulated peer, and what the code that runs on it is given. */
export interface SimPeer {
  readonly id: PeerId
  readonly connector: SimConnector
  readonly broadcast: Broadcast
  /** The simulation's time; its timers die with the peer. */
  readonly clock: Clock
  /** A stream of the peer's own: what others draw does not change it. */
  readonly random: Random

  /**
   * Stops the peer where it stands: its timers never fire, its promises never settle, and whatever
   * its code still does has no effect. What it has already sent arrives, unless the news of the
   * crash overtake it; the other ends of its channels then fail with `RESET`. Idempotent.
   *
   * `addPeer` with the same id starts another life, which remembers nothing.
   */
  crash(): void
}

/** A network of simulated peers in virtual time. */
export interface Simnet {
  /** The seed, as text. */
  readonly seed: string
  /** The simulation's time, for code that belongs to no peer. */
  readonly clock: Clock
  /** A stream for code that belongs to no peer. */
  readonly random: Random
  /** Events that have happened so far. */
  readonly events: number

  /**
   * Adds a peer.
   *
   * @throws {SimnetError} `PEER_EXISTS` while a peer of that name lives
   * @throws {TypeError} when the text cannot be a peer id
   */
  addPeer(id: string): SimPeer

  /** Makes a directory of one swarm, empty at first. */
  directory(): SimDirectory

  /**
   * Runs a program in virtual time: calls `main` and makes everything happen that was planned,
   * moment by moment, until the promise of `main` settles; then settles like it. What is still
   * planned happens in the next run.
   *
   * All that the program awaits must come from the simulation or be settled already; what takes
   * real time (`import()`, compiling WebAssembly, I/O, timers) belongs before the run.
   *
   * @param options its signal ends the run early, with the signal's reason
   * @throws {SimnetError} `DEADLOCK`, `TIME_LIMIT`, `EVENT_LIMIT`, `ALREADY_RUNNING`
   * @throws what a timer or handler of the program threw: it ends the run, as it would a process
   */
  run<T>(main: () => Promise<T>, options?: AbortOptions): Promise<T>
}

/**
 * Creates a simulated network. There is no wall clock in it and no chance but the seed's, so that
 * one seed gives the same run, event for event, on every machine.
 *
 * @throws {SimnetError} `BAD_OPTION`
 */
export function createSimnet(init: SimnetInit): Simnet {
  const seed = String(init.seed)
  const latencyMs = latencyRange(init.latencyMs ?? DEFAULT_LATENCY_MS)
  const bandwidth = checkAtLeast('bandwidth', init.bandwidth ?? Infinity, Number.MIN_VALUE)
  const lives = new Map<PeerId, number>()

  const scheduler = createScheduler({
    seed,
    maxVirtualMs: checkAtLeast('maxVirtualMs', init.maxVirtualMs ?? DEFAULT_MAX_VIRTUAL_MS, 0),
    maxEvents: checkAtLeast('maxEvents', init.maxEvents ?? DEFAULT_MAX_EVENTS, 0),
    waits: () => collectWaits(world.hosts.values())
  })
  const links = createLinks((from, to) => {
    const own = init.link?.(from, to)
    return createLink(
      own?.latencyMs ?? latencyMs,
      own?.bandwidth ?? bandwidth,
      stream('link', from, to)
    )
  })
  const world: World = {
    scheduler,
    links,
    maxFrameLength: checkCount(
      'maxFrameLength',
      init.maxFrameLength ?? DEFAULT_MAX_FRAME_LENGTH,
      0
    ),
    windowLength: checkCount('windowLength', init.windowLength ?? DEFAULT_WINDOW_LENGTH, 1),
    trace: init.trace,
    hosts: new Map(),
    hostOf: new WeakMap(),
    channels: 0
  }
  const createBroadcast = createEther(world)

  /** The stream of one purpose: what is drawn from it changes no other. */
  function stream(...purpose: readonly string[]): Random {
    // no part holds a space: ids are printable text without one, and the seed comes last
    return createRandom([...purpose, seed].join(' '))
  }

  function addPeer(text: string): SimPeer {
    const id = peerId(text)
    if (world.hosts.has(id)) {
      throw new SimnetError(
        'PEER_EXISTS',
        `${id} lives already: crash it first, or take another id`,
        {
          peer: id
        }
      )
    }
    const life = lives.get(id) ?? 0
    lives.set(id, life + 1)
    const host = createHost(id)
    world.hosts.set(id, host)
    world.trace?.({ timeMs: scheduler.now(), type: 'peer', from: id })
    const peer: SimPeer = {
      id,
      connector: createConnector(world, host),
      broadcast: createBroadcast(host),
      clock: scheduler.clock(host),
      random: stream('peer', id, String(life)),
      crash: () => crashHost(world, host)
    }
    world.hostOf.set(peer, host)
    return peer
  }

  return {
    seed,
    clock: scheduler.clock(undefined),
    random: stream('simnet'),
    get events() {
      return scheduler.events()
    },
    addPeer,
    directory: () => createDirectory(world),
    run: scheduler.run
  }
}
