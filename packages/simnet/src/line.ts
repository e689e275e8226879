import type { PeerId } from '@daa-compute/interface'
import type { Flow } from './event-queue.ts'
import type { Host } from './host.ts'
import type { Path } from './path.ts'
import type { TraceType } from './trace.ts'
import type { World } from './world.ts'

/** What joins one end of a channel to the other: the way there, and what it is called. */
export class Line<End extends Line<End>> {
  readonly world: World
  readonly host: Host
  readonly peer: PeerId
  readonly protocol: string

  /** Number of the channel, for the trace. */
  readonly #channel: number
  readonly #path: Path
  #remote: End | undefined

  constructor(world: World, host: Host, peer: PeerId, protocol: string, channel: number) {
    this.world = world
    this.host = host
    this.peer = peer
    this.protocol = protocol
    this.#channel = channel
    this.#path = world.paths.between(host.id, peer)
  }

  /** Joins two ends. */
  static join<End extends Line<End>>(opener: End, acceptor: End): void {
    opener.#remote = acceptor
    acceptor.#remote = opener
  }

  /** Sends a message to the other end, if there is one. */
  carry<Argument>(
    length: number,
    flow: Flow | undefined,
    action: (remote: End, argument: Argument) => void,
    argument: Argument
  ): void {
    const remote = this.#remote
    if (remote === undefined) return
    this.#path.carry(length, flow, remote.host, action, remote, argument)
  }

  /** Takes note of what happens here. */
  note(type: TraceType, bytes?: Uint8Array, length?: number): void {
    const { host, peer, protocol } = this
    const inward = type === 'deliver' || type === 'reset'
    const from = inward ? peer : host.id
    const to = inward ? host.id : peer
    this.world.recorder.noteChannel(type, this.#channel, from, to, protocol, bytes, length)
  }
}
