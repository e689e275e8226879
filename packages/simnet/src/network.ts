import {
  peerId,
  type AbortOptions,
  type Broadcast,
  type Clock,
  type PeerId,
  type Random
} from '@daa-compute/interface'
import { createEther } from './broadcast.ts'
import { createClock } from './clock.ts'
import { createDirectory, type SimDirectory } from './directory.ts'
import { SimnetError } from './errors.ts'
import { Host } from './host.ts'
import type { Options } from './options.ts'
import { Peer, type SimPeer } from './peer.ts'
import type { Simnet } from './simnet.ts'
import type { Tamperer } from './tamper.ts'
import type { FrameHandler } from './tap.ts'
import { createWorld, type World } from './world.ts'

/**
 * A simulation as its users hold it.
 *
 * A class, as getters in an object literal would make each object a shape of its own, which costs
 * more than all the rest of creating a network. Functions are bound, so that they can be handed on.
 */
export class Network implements Simnet {
  readonly seed: string
  readonly clock: Clock
  readonly run: <T>(main: () => Promise<T>, options?: AbortOptions) => Promise<T>
  readonly partition: (groups: Iterable<Iterable<string>>) => void
  readonly heal: () => void
  readonly cut: (from: string, to: string) => void
  readonly restore: (from: string, to: string) => void
  readonly resetLink: (a: string, b: string) => void
  readonly directory = (): SimDirectory => createDirectory(this.#world)

  readonly #world: World
  readonly #createBroadcast: (host: Host) => Broadcast
  /** Lives of each peer so far. */
  readonly #lives = new Map<PeerId, number>()
  #random: Random | undefined

  constructor(options: Options) {
    const world = createWorld(options)
    const { scheduler, reachability } = world
    this.seed = options.seed
    this.clock = createClock(scheduler, undefined)
    this.run = scheduler.run
    this.partition = reachability.partition
    this.heal = reachability.heal
    this.cut = reachability.cut
    this.restore = reachability.restore
    this.resetLink = reachability.resetLink
    this.#world = world
    this.#createBroadcast = createEther(world)
  }

  get random(): Random {
    this.#random ??= this.#world.stream('simnet')
    return this.#random
  }

  get events(): number {
    return this.#world.scheduler.events()
  }

  get traceHash(): string {
    return this.#world.recorder.hash()
  }

  readonly addPeer = (text: string): SimPeer => {
    const id = peerId(text)
    const world = this.#world
    if (world.hosts.has(id)) throw livesAlready(id)
    const life = this.#lives.get(id) ?? 0
    this.#lives.set(id, life + 1)
    const host = new Host(id, world)
    world.hosts.set(id, host)
    world.recorder.note('peer', id)
    const stream = (): Random => world.stream(`peer ${id} ${life}`)
    return new Peer(world, host, this.#createBroadcast(host), stream)
  }

  readonly onFrame = (handler: FrameHandler): (() => void) => this.#world.taps.add(handler)

  readonly tamper = (
    from: string,
    to: string,
    prefix: string | Tamperer,
    tamperer?: Tamperer
  ): (() => void) => {
    const ends = [peerId(from), peerId(to)] as const
    const { tampering } = this.#world
    if (typeof prefix !== 'string') return tampering.add(...ends, '', prefix)
    if (tamperer === undefined) throw noTamperer()
    return tampering.add(...ends, prefix, tamperer)
  }
}

function livesAlready(peer: PeerId): Error {
  return new SimnetError(
    'PEER_EXISTS',
    `${peer} lives already: crash it first, or take another id`,
    { peer }
  )
}

function noTamperer(): Error {
  return new SimnetError('BAD_OPTION', 'tamper takes a function as its last argument', {
    option: 'tamperer',
    value: undefined
  })
}
