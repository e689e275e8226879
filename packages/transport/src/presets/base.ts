import type { Identify, IdentifyComponents } from '@libp2p/identify'
import type { Libp2pOptions } from 'libp2p'
import { INBOUND_CONNECTIONS, PING_INTERVAL_MS, PING_TIMEOUT_MS } from '../constants.ts'
import { leanYamux } from '../muxer/yamux.ts'
import { encryption, type EncryptionOptions } from '../noise/encryption.ts'

/** The parts of libp2p's configuration that every preset has. */
type Fragment = Required<
  Pick<
    Libp2pOptions,
    | 'transports'
    | 'connectionEncrypters'
    | 'connectionProtector'
    | 'streamMuxers'
    | 'connectionManager'
    | 'connectionMonitor'
  >
>

/** The services that some transports need; no interface, which `createLibp2p` would not take. */
export type TransportServices = {
  /** What relays, and those who meet through one, tell each other of themselves. */
  readonly identify: (components: IdentifyComponents) => Identify
}

/** A fragment of what `createLibp2p` takes: edit it, spread it, add to it. */
export interface TransportPreset extends Fragment {
  services?: TransportServices
}

/** A preset whose transports need services. Add yours to them. */
export interface ServicePreset extends Fragment {
  services: TransportServices
}

/** What all presets have in common: everything but the transports. */
export function base(options?: EncryptionOptions): Omit<Fragment, 'transports'> {
  return {
    ...encryption(options),
    streamMuxers: [leanYamux()],
    connectionManager: {
      inboundConnectionThreshold: INBOUND_CONNECTIONS,
      maxIncomingPendingConnections: INBOUND_CONNECTIONS
    },
    connectionMonitor: {
      pingInterval: PING_INTERVAL_MS,
      pingTimeout: { minTimeout: PING_TIMEOUT_MS, maxTimeout: 2 * PING_TIMEOUT_MS }
    }
  }
}
