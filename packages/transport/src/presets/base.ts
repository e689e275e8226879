import { yamux } from '@libp2p/yamux'
import type { Libp2pOptions } from 'libp2p'
import {
  INBOUND_CONNECTIONS,
  KEEP_ALIVE_MS,
  MAX_READ_BUFFER,
  PING_INTERVAL_MS,
  PING_TIMEOUT_MS,
  STREAM_WINDOW
} from '../constants.ts'
import { frugalNoise } from '../noise/frugal-noise.ts'

/** A fragment of what `createLibp2p` takes: edit it, spread it, add to it. */
export type TransportPreset = Required<
  Pick<
    Libp2pOptions,
    | 'transports'
    | 'connectionEncrypters'
    | 'streamMuxers'
    | 'connectionManager'
    | 'connectionMonitor'
  >
>

/** What all presets have in common: everything but the transports. */
export function base(): Omit<TransportPreset, 'transports'> {
  return {
    connectionEncrypters: [frugalNoise()],
    streamMuxers: [
      yamux({
        enableKeepAlive: true,
        keepAliveInterval: KEEP_ALIVE_MS,
        streamOptions: {
          maxStreamWindowSize: STREAM_WINDOW,
          maxReadBufferLength: MAX_READ_BUFFER
        }
      })
    ],
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
