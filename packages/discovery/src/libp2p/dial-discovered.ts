import type { Logger } from '@daa-compute/interface'
import type { Libp2p, PeerInfo } from '@libp2p/interface'
import { DEFAULT_MAX_DISCOVERED_CONNECTIONS, DIAL_TIMEOUT_MS } from '../constants.ts'

/** Options of {@link dialDiscovered}. */
export interface DialDiscoveredOptions {
  /** No further peer is dialled while there are this many connections. Default 32. */
  readonly maxConnections?: number | undefined
  readonly logger?: Logger | undefined
}

/**
 * Connects to the peers that libp2p discovers by itself, such as those multicast
 * DNS finds: announcements only reach those who are connected, and libp2p dials
 * nobody of its own accord.
 *
 * @returns a function that ends it, and the dials under way
 */
export function dialDiscovered(
  libp2p: Pick<
    Libp2p,
    'dial' | 'getConnections' | 'addEventListener' | 'removeEventListener' | 'peerId'
  >,
  options: DialDiscoveredOptions = {}
): () => void {
  const maxConnections = options.maxConnections ?? DEFAULT_MAX_DISCOVERED_CONNECTIONS
  const stopping = new AbortController()
  let dialling = 0

  const onDiscovery = ({ detail: { id } }: CustomEvent<PeerInfo>): void => {
    if (id.equals(libp2p.peerId) || libp2p.getConnections(id).length > 0) return
    if (libp2p.getConnections().length + dialling >= maxConnections) return
    dialling += 1
    libp2p
      .dial(id, {
        signal: AbortSignal.any([stopping.signal, AbortSignal.timeout(DIAL_TIMEOUT_MS)])
      })
      .catch((error: unknown) => {
        if (stopping.signal.aborted) return
        options.logger?.debug('could not connect to a discovered peer', {
          peer: id.toString(),
          error
        })
      })
      .finally(() => {
        dialling -= 1
      })
  }
  libp2p.addEventListener('peer:discovery', onDiscovery)
  return () => {
    libp2p.removeEventListener('peer:discovery', onDiscovery)
    stopping.abort()
  }
}
