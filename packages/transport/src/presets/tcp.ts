import { tcp } from '@libp2p/tcp'
import { base, type TransportPreset } from './base.ts'

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
