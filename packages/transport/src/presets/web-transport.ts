import { webTransport } from '@libp2p/webtransport'
import { base, type TransportPreset } from './base.ts'

/**
 * WebTransport, for browsers: dials peers that listen on it, which are written in
 * other languages, as Node has no QUIC yet. In Node it serves no address.
 */
export function webTransportPreset(): TransportPreset {
  return { ...base(), transports: [webTransport()] }
}
