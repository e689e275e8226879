import { type Emitter, peerId } from '@daa-compute/interface'
import type { ConnectionGuard, ConnectionMonitor } from '@daa-compute/transport'
import type { Libp2p, PeerId as Libp2pPeerId } from '@libp2p/interface'
import type { NetworkEvents } from './network.ts'

/** Who tells of peers and connections. */
export interface EventSources {
  readonly libp2p: Pick<Libp2p, 'addEventListener' | 'removeEventListener' | 'getMultiaddrs'>
  readonly monitor: ConnectionMonitor
  readonly guard: ConnectionGuard
}

/**
 * Tells a node's listeners what its parts tell.
 *
 * @returns a function that ends it
 */
export function forwardEvents(
  { libp2p, monitor, guard }: EventSources,
  events: Emitter<NetworkEvents>
): () => void {
  const onConnect = ({ detail }: CustomEvent<Libp2pPeerId>): void =>
    events.emit('peer:connect', { peer: peerId(detail.toString()) })
  const onDisconnect = ({ detail }: CustomEvent<Libp2pPeerId>): void =>
    events.emit('peer:disconnect', { peer: peerId(detail.toString()) })
  const addressesOf = (): string[] => libp2p.getMultiaddrs().map(String)
  let told = addressesOf().join()
  // libp2p also says so when protocols or keys change
  const onUpdate = (): void => {
    const addresses = addressesOf()
    if (addresses.join() === told) return
    told = addresses.join()
    events.emit('addresses:change', { addresses })
  }
  libp2p.addEventListener('self:peer:update', onUpdate)
  libp2p.addEventListener('peer:connect', onConnect)
  libp2p.addEventListener('peer:disconnect', onDisconnect)
  const endings = [
    monitor.on('connection:open', (event) => events.emit('connection:open', event)),
    monitor.on('connection:change', (event) => events.emit('connection:change', event)),
    monitor.on('connection:close', (event) => events.emit('connection:close', event)),
    guard.on('refused', (event) => events.emit('connection:refused', event))
  ]
  return () => {
    libp2p.removeEventListener('self:peer:update', onUpdate)
    libp2p.removeEventListener('peer:connect', onConnect)
    libp2p.removeEventListener('peer:disconnect', onDisconnect)
    for (const end of endings) end()
  }
}
