import { memory } from '@libp2p/memory'
import { frugalNoise } from '../noise/frugal-noise.ts'
import { tcp } from '@libp2p/tcp'
import { webSockets } from '@libp2p/websockets'
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

/**
 * TCP, for Node. A connection without traffic lives on: yamux pings keep it
 * open, and no timeout of the socket ends it.
 */
export function tcpPreset(): TransportPreset {
  return {
    ...base(),
    transports: [tcp({ inboundSocketInactivityTimeout: 0, outboundSocketInactivityTimeout: 0 })]
  }
}

/**
 * WebSocket: listens and dials in Node, dials in browsers. For a node that
 * listens on both, `mergePresets(tcpPreset(), webSocketPreset())`.
 *
 * libp2p refuses unencrypted WebSockets and private addresses in browsers; pass
 * a `connectionGater` of your own where those are meant.
 */
export function webSocketPreset(): TransportPreset {
  return { ...base(), transports: [webSockets()] }
}

/** Between nodes of one process, for tests and simulations: `/memory/<name>` addresses. */
export function memoryPreset(): TransportPreset {
  return { ...base(), transports: [memory()] }
}

/** All transports of the presets, on one node; the rest is the first one's. */
export function mergePresets(
  first: TransportPreset,
  ...others: readonly TransportPreset[]
): TransportPreset {
  return {
    ...first,
    transports: [first, ...others].flatMap((preset) => preset.transports)
  }
}

function base(): Omit<TransportPreset, 'transports'> {
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
