import type { EncryptionOptions } from '../noise/encryption.ts'
import { base, type TransportPreset } from './base.ts'
import { endingWebSockets } from './web-socket-transport.ts'

/** A certificate and its key, as a server of TLS needs them. */
export interface TlsCertificate {
  /** The certificate in PEM, followed by those that it is signed with, if any. */
  readonly certificate: string
  /** The private key in PEM. */
  readonly key: string
}

/** Options of {@link webSocketPreset}. */
export interface WebSocketOptions extends EncryptionOptions {
  /**
   * With it a node listens on secure addresses too (`/ip4/…/tcp/…/tls/ws`).
   * Dialling them needs none: there the system's authorities count, and those of
   * `NODE_EXTRA_CA_CERTS`. Default: none
   */
  readonly tls?: TlsCertificate | undefined
}

/**
 * WebSocket, plain and secure: listens and dials in Node, dials in browsers. For
 * a node that listens on TCP too, `mergePresets(tcpPreset(), webSocketPreset())`.
 *
 * libp2p refuses unencrypted WebSockets and private addresses in browsers; pass
 * a `connectionGater` of your own where those are meant.
 */
export function webSocketPreset(options: WebSocketOptions = {}): TransportPreset {
  const { tls } = options
  const https = tls && { https: { cert: tls.certificate, key: tls.key } }
  return { ...base(options), transports: [endingWebSockets(https)] }
}
