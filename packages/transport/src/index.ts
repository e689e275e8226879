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
export { createAdmittingConnector } from './admission/admitting-connector.ts'
export type { AdmittingConnector, AdmittingConnectorInit } from './admission/admitting-connector.ts'
export { allowList } from './admission/allow-list.ts'
export type { AllowList } from './admission/allow-list.ts'
export {
  DEFAULT_CLOCK_SKEW_MS,
  DEFAULT_ROLE,
  MAX_TOKEN_LIFETIME_MS,
  REVOCATION_PREFIX,
  TOKEN_PREFIX
} from './admission/membership/constants.ts'
export { isSignedByOwner } from './admission/membership/is-signed.ts'
export { membershipTokens } from './admission/membership/membership-tokens.ts'
export type {
  MembershipAdmission,
  MembershipInit
} from './admission/membership/membership-admission.ts'
export { inspectRevocation, issueRevocation } from './admission/membership/revocation.ts'
export type { Revocation, RevocationInit } from './admission/membership/revocation.ts'
export { spreadRevocations } from './admission/membership/spread-revocations.ts'
export type { RevocationSpread, SpreadInit } from './admission/membership/spread-revocations.ts'
export { inspectToken, issueToken } from './admission/membership/token.ts'
export type { MembershipToken, TokenInit } from './admission/membership/token.ts'
export { openAdmission } from './admission/open-admission.ts'
export { MAX_KEY_LENGTH, MIN_KEY_LENGTH, preSharedKey } from './admission/pre-shared-key.ts'
export { capConnector } from './budget/capped-connector.ts'
export type { CappedConnectorInit } from './budget/capped-connector.ts'
export { createConnector } from './channel/connector.ts'
export type { ConnectorInit, StoppableConnector } from './channel/connector.ts'
export type { InFlight, InFlightBothWays } from './channel/in-flight.ts'
export type { ConnectionInfo } from './connections/connection-info.ts'
export type { EncryptionSuite } from './connections/encryption-suite.ts'
export { createConnectionMonitor } from './connections/monitor.ts'
export type {
  ConnectionEvents,
  ConnectionMonitor,
  ConnectionMonitorInit
} from './connections/monitor.ts'
export type { TransportKind } from './connections/transport-kind.ts'
export { DEFAULT_MAX_FRAME_LENGTH } from './constants.ts'
export {
  AdmissionError,
  ChannelError,
  ConnectorError,
  IdentityError,
  ListenError,
  TransportError
} from './errors.ts'
export type {
  AdmissionErrorDetails,
  IdentityErrorDetails,
  ListenErrorDetails,
  TransportErrorDetails
} from './errors.ts'
export { HYBRID_SIGNATURE_LENGTH } from './identity/hybrid-signature.ts'
export { createHybridSignatureVerifier, createHybridSigner } from './identity/hybrid-signer.ts'
export type { HybridSigner, HybridVerifierOptions } from './identity/hybrid-signer.ts'
export {
  createIdentity,
  createSignatureVerifier,
  decodeIdentity,
  encodeIdentity,
  identityFromSeed,
  parsePeerId,
  SEED_LENGTH
} from './identity/identity.ts'
export type { Identity } from './identity/identity.ts'
export { LimitsError, RefusalError } from './limits/errors.ts'
export type { LimitsErrorDetails, RefusalErrorDetails } from './limits/errors.ts'
export { createConnectionGuard } from './limits/guard.ts'
export type { ConnectionGuard, ConnectionGuardInit, GuardEvents, Traffic } from './limits/guard.ts'
export { DEFAULT_LIMITS } from './limits/limits.ts'
export type { TransportLimits } from './limits/limits.ts'
export type { EncryptionOptions, PostQuantum } from './noise/encryption.ts'
export { MuxerError } from './muxer/errors.ts'
export type { MuxerErrorDetails } from './muxer/errors.ts'
export { HandshakeError } from './noise/handshake/errors.ts'
export type { HandshakeErrorDetails } from './noise/handshake/errors.ts'
export { RecordError } from './noise/records/errors.ts'
export type { RecordErrorDetails } from './noise/records/errors.ts'
export { explainHandshakeError } from './noise/handshake/explain-handshake-error.ts'
export { explainListenError } from './presets/listen-error.ts'
export type { ServicePreset, TransportPreset, TransportServices } from './presets/base.ts'
export { browserPreset } from './presets/browser.ts'
export type { BrowserOptions, BrowserPreset } from './presets/browser.ts'
export { cloudPreset } from './presets/cloud.ts'
export type { CloudOptions } from './presets/cloud.ts'
export { edgePreset } from './presets/edge.ts'
export type { EdgeOptions } from './presets/edge.ts'
export type { EnvironmentPreset } from './presets/environment.ts'
export type { IceOptions, IceServer } from './presets/ice.ts'
export { memoryPreset } from './presets/memory.ts'
export { mergePresets } from './presets/merge.ts'
export { relayPreset } from './presets/relay.ts'
export { tcpPreset } from './presets/tcp.ts'
export { webTransportPreset } from './presets/web-transport.ts'
export { webRtcPreset } from './presets/webrtc.ts'
export type { WebRtcOptions } from './presets/webrtc.ts'
export { webSocketPreset } from './presets/web-socket.ts'
export type { TlsCertificate, WebSocketOptions } from './presets/web-socket.ts'
export { systemClock } from './system-clock.ts'
export { systemRandom } from './system-random.ts'
