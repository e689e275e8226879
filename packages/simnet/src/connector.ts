import type {
  AbortOptions,
  AcceptHandler,
  Channel,
  Connector,
  PeerId
} from '@daa-compute/interface'
import { alreadyAcceptedError, stoppedError } from './connector-errors.ts'
import { never, type Host } from './host.ts'
import { Opening } from './opening.ts'
import type { World } from './world.ts'

/** A connector that can be stopped, as that of a peer that leaves in good order. */
export interface SimConnector extends Connector {
  /**
   * Accepts and opens no more, and aborts what is open with `STOPPED`. Idempotent.
   */
  stop(): Promise<void>
}

/** Opens and accepts channels for one process life of a peer. */
export function createConnector(world: World, host: Host): SimConnector {
  let stopped = false

  function open(peer: PeerId, protocol: string, options: AbortOptions = {}): Promise<Channel> {
    const { signal } = options
    if (!host.alive) return never()
    if (stopped) return Promise.reject(stoppedError())
    if (signal?.aborted === true) return Promise.reject(signal.reason as Error)
    const opening = new Opening(world, host, peer, protocol, ++world.channels)
    opening.pending.heed(signal, () => opening.abandon(signal?.reason as Error))
    host.whenAwake(Opening.start, opening, undefined)
    return opening.pending.promise
  }

  async function accept(protocol: string, handler: AcceptHandler): Promise<() => Promise<void>> {
    if (!host.alive) return never()
    if (stopped) throw stoppedError()
    if (host.handlers.has(protocol)) throw alreadyAcceptedError(protocol)
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
    for (const opening of [...host.openings]) {
      opening.abandon(error)
      opening.pending.reject(error)
    }
    for (const endpoint of [...host.endpoints]) endpoint.abort(error)
  }

  return { self: host.id, open, accept, stop }
}
