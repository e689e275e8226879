import type { AcceptHandler, PeerId } from '@daa-compute/interface'
import { lostError } from './channel-errors.ts'
import type { Endpoint } from './endpoint.ts'
import type { Opening } from './opening.ts'
import { Process } from './process.ts'
import type { World } from './world.ts'

/** One process life of a peer: what the network knows of it. */
export class Host extends Process {
  readonly id: PeerId
  readonly handlers: Map<string, AcceptHandler> = new Map()
  /** Ends of channels that are not over. */
  readonly endpoints: Set<Endpoint> = new Set()
  /** Channels that it is about to open. */
  readonly openings: Set<Opening> = new Set()
  /** What else has to know of the crash. */
  readonly onCrash: Set<() => void> = new Set()

  constructor(id: PeerId, world: World) {
    super(world.scheduler)
    this.id = id
  }

  /** The connection to another peer is gone, and with it all channels. */
  lose(peer: PeerId): void {
    for (const opening of [...this.openings]) if (opening.endpoint.peer === peer) opening.lose()
    for (const endpoint of [...this.endpoints]) {
      if (endpoint.peer === peer) endpoint.onReset(lostError(peer))
    }
  }
}

/** Stops a peer in the middle of whatever it does. */
export function crashHost(world: World, host: Host): void {
  if (!host.alive) return
  world.hosts.delete(host.id)
  world.recorder.note('crash', host.id)
  host.end()
  for (const { pending } of host.openings) pending.drop()
  host.openings.clear()
  for (const endpoint of host.endpoints) endpoint.crash()
  host.endpoints.clear()
  host.handlers.clear()
  for (const notice of host.onCrash) notice()
  host.onCrash.clear()
}

/** The promises of a crashed peer: they never settle, and hold nothing. */
export function never<T>(): Promise<T> {
  return new Promise(() => {})
}
