/**
 * Channels over libp2p streams, presets of libp2p transports, and identities.
 *
 * {@link createConnector} turns a libp2p node into the `Connector` that the
 * rest of DAA Compute is written against. The presets are fragments of a
 * libp2p configuration; whoever calls `createLibp2p` owns the node.
 * `@daa-compute/transport/node` adds what needs a file system.
 *
 * @packageDocumentation
 */
export { createConnector } from './channel/connector.ts'
export type { ConnectorInit, StoppableConnector } from './channel/connector.ts'
export { DEFAULT_MAX_FRAME_LENGTH } from './constants.ts'
export { ChannelError, ConnectorError, IdentityError, ListenError } from './errors.ts'
export type { IdentityErrorDetails, ListenErrorDetails } from './errors.ts'
export {
  createIdentity,
  createSignatureVerifier,
  decodeIdentity,
  encodeIdentity,
  identityFromSeed,
  SEED_LENGTH
} from './identity/identity.ts'
export type { Identity } from './identity/identity.ts'
export { explainListenError } from './presets/listen-error.ts'
export type { TransportPreset } from './presets/base.ts'
export { memoryPreset } from './presets/memory.ts'
export { mergePresets } from './presets/merge.ts'
export { tcpPreset } from './presets/tcp.ts'
export { webSocketPreset } from './presets/web-socket.ts'
export type { TlsCertificate, WebSocketOptions } from './presets/web-socket.ts'
