import {
  peerId,
  type AbortOptions,
  type Clock,
  type PeerId,
  type Random
} from '@daa-compute/interface'
import { createEther } from './broadcast.ts'
import {
  DEFAULT_LATENCY_MS,
  DEFAULT_MAX_EVENTS,
  DEFAULT_MAX_FRAME_LENGTH,
  DEFAULT_MAX_VIRTUAL_MS,
  DEFAULT_OPEN_TIMEOUT_MS,
  DEFAULT_STALL_TIMEOUT_MS,
  DEFAULT_WINDOW_LENGTH
} from './constants.ts'
import { createDirectory, type SimDirectory } from './directory.ts'
import { checkAtLeast, checkCount, checkFinite, SimnetError } from './errors.ts'
import { Host } from './host.ts'
import { createLink, latencyRange, type Latency, type LinkOptions } from './link.ts'
import { createPaths, Path } from './path.ts'
import { createPeer, type SimPeer } from './peer.ts'
import { createRandom } from './random.ts'
import { createReachability } from './reachability.ts'
import { createRecorder } from './recorder.ts'
import { createScheduler } from './scheduler.ts'
import { createTampering, type Tamperer } from './tamper.ts'
import { createTaps, type FrameHandler } from './tap.ts'
import type { TraceSink } from './trace.ts'
import { collectHindrances, collectWaits } from './waits.ts'
import type { World } from './world.ts'

/** Options of {@link createSimnet}. */
export interface SimnetInit {
  /** What everything random is derived from. The same seed and program give the same run. */
  readonly seed: number | string
  /** Delay of one way, in ms. Default: drawn from 10 to 30 for each message. */
  readonly latencyMs?: Latency | undefined
  /** Added to the delay, drawn from 0 to this for each message, in ms. Default: 0. */
  readonly jitterMs?: number | undefined
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
  /**
   * Time after which channels fail with `RESET` at both ends when one way between the two peers
   * has been blocked all along, in ms. Default: 20 s. `Infinity`: they wait for ever.
   */
  readonly stallTimeoutMs?: number | undefined
  /**
   * Time after which `open` fails with `UNREACHABLE` when a way is blocked or the other peer is
   * frozen or slow, in ms. Default: 10 s.
   */
  readonly openTimeoutMs?: number | undefined
  /** Virtual time that one `run` may take, in ms. Default: one day. */
  readonly maxVirtualMs?: number | undefined
  /** Events that one `run` may take. Default: 10 million. */
  readonly maxEvents?: number | undefined
  /** Gets told everything that happens; see `createTrace`. */
  readonly trace?: TraceSink | undefined
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
   * A hash of everything that has happened so far, 16 hexadecimal digits: the same after every run
   * of one program and one seed. Of frames it takes in the length and some of the bytes.
   */
  readonly traceHash: string

  /**
   * Adds a peer.
   *
   * @throws {SimnetError} `PEER_EXISTS` while a peer of that name lives
   * @throws {TypeError} when the text cannot be a peer id
   */
  addPeer(id: string): SimPeer

  /**
   * Lets only peers of one group reach each other; those that no group names are another one. It
   * takes the place of an earlier partition. Ids need not exist yet.
   *
   * What travels between groups stalls, as on a TCP connection whose packets are lost: channels
   * wait, and fail with `RESET` after `stallTimeoutMs`; `open` fails after `openTimeoutMs`;
   * broadcast messages are lost. Once the groups reach each other again, the rest arrives in order.
   *
   * @throws {SimnetError} `BAD_OPTION` when a peer is in two groups
   */
  partition(groups: Iterable<Iterable<string>>): void
  /** Ends the partition and every cut. */
  heal(): void
  /** Blocks the one way from a peer to another, with the same effects in that direction. */
  cut(from: string, to: string): void
  /** Opens it again, unless a partition blocks it. */
  restore(from: string, to: string): void
  /** Loses the connection of two peers: their channels fail with `RESET` now and may be reopened. */
  resetLink(a: string, b: string): void

  /**
   * Calls back at every frame of a channel before it leaves its sender and before it reaches its
   * receiver, whose code has not seen it. The callback may apply any fault: a sender that it
   * crashes has not sent the frame, one that it freezes sends it when it thaws; likewise a
   * receiver.
   *
   * @returns a function that ends it
   */
  onFrame(handler: FrameHandler): () => void

  /**
   * Alters, drops, multiplies or replaces what a peer sends to another, behind `onFrame`. A frame
   * that becomes longer than `maxFrameLength` makes the receiver abort the channel.
   *
   * @param protocolPrefix how the protocols start that it is about; all if left out
   * @returns a function that ends it
   */
  tamper(from: string, to: string, tamperer: Tamperer): () => void
  tamper(from: string, to: string, protocolPrefix: string, tamperer: Tamperer): () => void

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
  const quality = {
    latencyMs: latencyRange(init.latencyMs ?? DEFAULT_LATENCY_MS),
    jitterMs: checkFinite('jitterMs', init.jitterMs ?? 0, 0),
    bandwidth: checkAtLeast('bandwidth', init.bandwidth ?? Infinity, Number.MIN_VALUE)
  }
  const stallTimeoutMs = init.stallTimeoutMs ?? DEFAULT_STALL_TIMEOUT_MS
  const openTimeoutMs = init.openTimeoutMs ?? DEFAULT_OPEN_TIMEOUT_MS
  const lives = new Map<PeerId, number>()
  let random: Random | undefined

  const scheduler = createScheduler({
    seed,
    maxVirtualMs: checkAtLeast('maxVirtualMs', init.maxVirtualMs ?? DEFAULT_MAX_VIRTUAL_MS, 0),
    maxEvents: checkAtLeast('maxEvents', init.maxEvents ?? DEFAULT_MAX_EVENTS, 0),
    findings: () => ({
      waits: collectWaits(world.hosts.values()),
      faults: [...collectHindrances(world.hosts.values()), ...reachability.describe()]
    })
  })
  const paths = createPaths((from, to) => {
    const own = init.link?.(from, to)
    const link = createLink(
      {
        latencyMs: own?.latencyMs ?? quality.latencyMs,
        jitterMs: own?.jitterMs ?? quality.jitterMs,
        bandwidth: own?.bandwidth ?? quality.bandwidth
      },
      () => stream('link', from, to)
    )
    const path = new Path(from, to, link, scheduler)
    if (from !== to && reachability.blocks(from, to)) reachability.block(path)
    return path
  })
  const world: World = {
    scheduler,
    paths,
    recorder: createRecorder(scheduler.now, init.trace),
    taps: createTaps(scheduler.now),
    tampering: createTampering(),
    maxFrameLength: checkCount(
      'maxFrameLength',
      init.maxFrameLength ?? DEFAULT_MAX_FRAME_LENGTH,
      0
    ),
    windowLength: checkCount('windowLength', init.windowLength ?? DEFAULT_WINDOW_LENGTH, 1),
    openTimeoutMs: checkAtLeast('openTimeoutMs', openTimeoutMs, 0),
    hosts: new Map(),
    hostOf: new WeakMap(),
    channels: 0
  }
  const reachability = createReachability(world, checkAtLeast('stallTimeoutMs', stallTimeoutMs, 0))
  const createBroadcast = createEther(world)

  /** The stream of one purpose: what is drawn from it changes no other. */
  function stream(...purpose: readonly string[]): Random {
    // no part holds a space: ids are printable text without one, and the seed comes last
    return createRandom([...purpose, seed].join(' '))
  }

  function addPeer(text: string): SimPeer {
    const id = peerId(text)
    if (world.hosts.has(id)) throw livesAlready(id)
    const life = lives.get(id) ?? 0
    lives.set(id, life + 1)
    const host = new Host(id, world)
    world.hosts.set(id, host)
    world.recorder.note('peer', id)
    const peer = createPeer(world, host, createBroadcast(host), () =>
      stream('peer', id, String(life))
    )
    world.hostOf.set(peer, host)
    return peer
  }

  function tamper(
    from: string,
    to: string,
    prefix: string | Tamperer,
    tamperer?: Tamperer
  ): () => void {
    const [start, script] = typeof prefix === 'string' ? [prefix, tamperer!] : ['', prefix]
    return world.tampering.add(peerId(from), peerId(to), start, script)
  }

  return {
    seed,
    clock: scheduler.clock(undefined),
    get random() {
      random ??= stream('simnet')
      return random
    },
    get events() {
      return scheduler.events()
    },
    get traceHash() {
      return world.recorder.hash()
    },
    addPeer,
    partition: reachability.partition,
    heal: reachability.heal,
    cut: reachability.cut,
    restore: reachability.restore,
    resetLink: reachability.resetLink,
    onFrame: world.taps.add,
    tamper,
    directory: () => createDirectory(world),
    run: scheduler.run
  }
}

function livesAlready(peer: PeerId): Error {
  return new SimnetError(
    'PEER_EXISTS',
    `${peer} lives already: crash it first, or take another id`,
    {
      peer
    }
  )
}
