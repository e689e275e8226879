import type {
  AbortOptions,
  AcceptHandler,
  Channel,
  Connector,
  PeerId
} from '@daa-compute/interface'
import { Endpoint } from './channel.ts'
import { SimConnectorError } from './errors.ts'
import { never, type Host, type World } from './host.ts'
import { createPending, type Pending } from './pending.ts'
import type { TraceType } from './trace.ts'

/** A connector that can be stopped, as that of a peer that leaves in good order. */
export interface SimConnector extends Connector {
  /**
   * Accepts and opens no more, and aborts what is open with `STOPPED`. Idempotent.
   */
  stop(): Promise<void>
}

/** Opens and accepts channels for one process life of a peer. */
export function createConnector(world: World, host: Host): SimConnector {
  const { scheduler, links } = world
  const opening = new Set<Pending<Channel>>()
  let stopped = false

  function open(peer: PeerId, protocol: string, options: AbortOptions = {}): Promise<Channel> {
    const { signal } = options
    if (!host.alive) return never()
    if (stopped) return Promise.reject(stoppedError())
    if (signal?.aborted === true) return Promise.reject(signal.reason as Error)
    const channel = ++world.channels
    const endpoint = new Endpoint({ world, host, peer, protocol, channel })
    // an end that nobody has been given yet: aborting it tells the other side, if there is one
    const pending = createPending<Channel>(scheduler.now(), signal, () => {
      opening.delete(pending)
      endpoint.abort(signal?.reason as Error)
    })
    opening.add(pending)
    trace('open', peer, protocol, channel)
    // nobody in particular owns the request: it arrives, or finds the place empty
    scheduler.at(links.between(host.id, peer).signal(scheduler.now()), undefined, () => {
      arrive(endpoint, pending, peer, protocol, channel)
    })
    return pending.promise
  }

  /** The request has reached the other peer, or where that peer was. */
  function arrive(
    endpoint: Endpoint,
    pending: Pending<Channel>,
    peer: PeerId,
    protocol: string,
    channel: number
  ): void {
    if (!host.alive || endpoint.over) return
    const answerMs = links.between(peer, host.id).signal(scheduler.now())
    const remote = peer === host.id ? undefined : world.hosts.get(peer)
    const handler = remote?.handlers.get(protocol)
    if (remote === undefined || handler === undefined) {
      trace('refuse', peer, protocol, channel)
      const error = remote === undefined ? unreachable(peer) : notSupported(peer, protocol)
      scheduler.at(answerMs, host, () => {
        if (endpoint.over) return
        opening.delete(pending)
        endpoint.refuse(error)
        pending.reject(error)
      })
      return
    }
    const accepted = new Endpoint({ world, host: remote, peer: host.id, protocol, channel })
    Endpoint.join(endpoint, accepted, answerMs)
    scheduler.at(answerMs, host, () => {
      if (endpoint.over) return
      opening.delete(pending)
      pending.resolve(endpoint)
    })
    trace('accept', peer, protocol, channel)
    handler(accepted)
  }

  async function accept(protocol: string, handler: AcceptHandler): Promise<() => Promise<void>> {
    if (!host.alive) return never()
    if (stopped) throw stoppedError()
    if (host.handlers.has(protocol)) throw alreadyAccepted(protocol)
    host.handlers.set(protocol, handler)
    let accepting = true
    return async () => {
      if (!host.alive) return never()
      if (!accepting || stopped) return
      accepting = false
      host.handlers.delete(protocol)
    }
  }

  async function stop(): Promise<void> {
    if (!host.alive) return never()
    if (stopped) return
    stopped = true
    host.handlers.clear()
    const error = stoppedError()
    for (const pending of opening) pending.reject(error)
    opening.clear()
    for (const endpoint of [...host.endpoints]) endpoint.abort(error)
  }

  function trace(type: TraceType, peer: PeerId, protocol: string, channel: number): void {
    const [from, to] = type === 'open' ? [host.id, peer] : [peer, host.id]
    world.trace?.({ timeMs: scheduler.now(), type, from, to, on: protocol, channel })
  }

  host.onCrash.add(() => {
    for (const pending of opening) pending.drop()
    opening.clear()
  })

  return { self: host.id, open, accept, stop }
}

function unreachable(peer: PeerId): Error {
  return new SimConnectorError(
    'UNREACHABLE',
    `${peer} cannot be reached: it was never added to the simnet, has crashed, or is the caller itself`,
    { peer }
  )
}

function notSupported(peer: PeerId, protocol: string): Error {
  return new SimConnectorError(
    'PROTOCOL_NOT_SUPPORTED',
    `${peer} does not accept ${protocol}: it has to call accept for it first`,
    { peer, protocol }
  )
}

function alreadyAccepted(protocol: string): Error {
  return new SimConnectorError(
    'ALREADY_ACCEPTED',
    `${protocol} already has a handler here: stop that one first`,
    { protocol }
  )
}

function stoppedError(): Error {
  return new SimConnectorError(
    'STOPPED',
    'this connector was stopped: crash the peer and add it again to go on',
    {}
  )
}
