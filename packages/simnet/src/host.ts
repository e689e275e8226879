import type { AcceptHandler, PeerId } from '@daa-compute/interface'
import type { Endpoint } from './channel.ts'
import type { SimWait } from './errors.ts'
import type { Links } from './link.ts'
import type { Scheduler } from './scheduler.ts'
import type { TraceSink } from './trace.ts'

/** What all parts of one simulation share. */
export interface World {
  readonly scheduler: Scheduler
  readonly links: Links
  readonly maxFrameLength: number
  readonly windowLength: number
  readonly trace: TraceSink | undefined
  /** The living peers, in the order in which they were added. */
  readonly hosts: Map<PeerId, Host>
  /** The host behind each peer that users hold. */
  readonly hostOf: WeakMap<object, Host>
  /** Channels opened so far. */
  channels: number
}

/** One process life of a peer: what the network knows of it. */
export interface Host {
  readonly id: PeerId
  /** Set to `false` once, by a crash; from then on nothing of it has an effect. */
  alive: boolean
  readonly handlers: Map<string, AcceptHandler>
  /** Ends of channels that are not over. */
  readonly endpoints: Set<Endpoint>
  /** What else has to know of the crash. */
  readonly onCrash: Set<() => void>
}

export function createHost(id: PeerId): Host {
  return { id, alive: true, handlers: new Map(), endpoints: new Set(), onCrash: new Set() }
}

/** Stops a peer in the middle of whatever it does. */
export function crashHost(world: World, host: Host): void {
  if (!host.alive) return
  host.alive = false
  world.hosts.delete(host.id)
  world.trace?.({ timeMs: world.scheduler.now(), type: 'crash', from: host.id })
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

/** Who waits for what on which channel, in the order of peers and channels. */
export function collectWaits(hosts: Iterable<Host>): readonly SimWait[] {
  const waits: SimWait[] = []
  for (const host of hosts) {
    for (const endpoint of host.endpoints) waits.push(...endpoint.waits())
  }
  return waits
}
