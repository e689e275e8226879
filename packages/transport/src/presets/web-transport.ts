import { webTransport } from '@libp2p/webtransport'
import type { EncryptionOptions } from '../noise/encryption.ts'
import { base, type TransportPreset } from './base.ts'
import { checkMayEncryptItself, unlessRequired } from './self-encrypting.ts'

/**
 * WebTransport, for browsers: dials peers that listen on it, which are written in
 * other languages, as Node has no QUIC yet. In Node it serves no address.
 *
 * @throws TransportError `NOT_POST_QUANTUM` when that is required
 */
export function webTransportPreset(options?: EncryptionOptions): TransportPreset {
  checkMayEncryptItself('WebTransport', options)
  return { ...base(options), transports: [unlessRequired('WebTransport', webTransport())] }
}
