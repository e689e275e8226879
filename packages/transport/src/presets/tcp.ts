import { tcp } from '@libp2p/tcp'
import type { EncryptionOptions } from '../noise/encryption.ts'
import { base, type TransportPreset } from './base.ts'

/**
 * TCP, for Node. A connection without traffic lives on: yamux pings keep it
 * open, and no timeout of the socket ends it.
 */
export function tcpPreset(options?: EncryptionOptions): TransportPreset {
  return {
    ...base(options),
    transports: [tcp({ inboundSocketInactivityTimeout: 0, outboundSocketInactivityTimeout: 0 })]
  }
}
