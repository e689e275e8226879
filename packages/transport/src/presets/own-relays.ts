import {
  type CircuitRelayTransportComponents,
  circuitRelayTransport
} from '@libp2p/circuit-relay-v2'
import type { PeerId, Transport } from '@libp2p/interface'

/** For libp2p's log: one that is no relay of this node's asks for no attention, as one too many does not. */
class NotOwnRelayError extends Error {
  override readonly name: string = 'HadEnoughRelaysError'

  constructor(peer: PeerId) {
    super(
      `${peer.toString()} has connected of itself; only a relay that was dialled, or is configured, is asked`
    )
  }
}

/** What libp2p's transport asks for a place at a relay that it has met. */
interface Reservations {
  addRelay(peer: PeerId, type: 'discovered' | 'configured'): Promise<unknown>
}

/**
 * Circuit relay that takes for a relay only who is configured, or whom this node
 * has dialled by itself.
 *
 * libp2p asks everybody for a place who says that it is a relay, whoever of the two has
 * connected: a stranger could so put itself on the way to a node that listens on
 * `/p2p-circuit`, and keep the true relay out.
 */
export function ownRelays(): (components: CircuitRelayTransportComponents) => Transport {
  const create = circuitRelayTransport()
  return (components) => {
    const transport = create(components)
    const { reservationStore } = transport as Transport & {
      readonly reservationStore?: Reservations
    }
    if (reservationStore === undefined) return transport
    const addRelay = reservationStore.addRelay.bind(reservationStore)
    const isOwn = (peer: PeerId): boolean =>
      components.connectionManager
        .getConnections(peer)
        .some(({ direction }) => direction === 'outbound')
    reservationStore.addRelay = async (peer, type) => {
      if (type === 'discovered' && !isOwn(peer)) throw new NotOwnRelayError(peer)
      return await addRelay(peer, type)
    }
    return transport
  }
}
