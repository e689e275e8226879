import { DaaError } from '@daa-compute/interface'
import type {
  ChannelErrorDetails,
  ConnectorErrorDetails,
  RefusalCode
} from '@daa-compute/interface'

/** What a channel over libp2p rejects with. */
export class ChannelError<
  Code extends keyof ChannelErrorDetails = keyof ChannelErrorDetails
> extends DaaError<ChannelErrorDetails, Code> {
  override readonly name: string = 'ChannelError'
}

/** What a connector over libp2p rejects with. */
export class ConnectorError<
  Code extends keyof ConnectorErrorDetails = keyof ConnectorErrorDetails
> extends DaaError<ConnectorErrorDetails, Code> {
  override readonly name: string = 'ConnectorError'
}

/** Codes of an {@link IdentityError} and what each carries. */
export interface IdentityErrorDetails {
  /** The seed is not 32 bytes. */
  BAD_SEED: { readonly length: number }
  /** Others than its owner may read or write the file; `mode` are its permission bits. */
  INSECURE_FILE: { readonly path: string; readonly mode: number }
  /** The file is there but cannot be read, or is a directory or no file at all. */
  UNREADABLE: { readonly path: string }
  /** The file holds something else than an Ed25519 private key. */
  MALFORMED: { readonly path: string }
  /** The file is encrypted and no passphrase was given, or the one to encrypt it with is empty. */
  PASSPHRASE_NEEDED: { readonly path: string }
  /** The passphrase is not that of the file; or somebody has changed the file, which looks the same. */
  WRONG_PASSPHRASE: { readonly path: string }
  /** A passphrase was given for a file that is there, but not encrypted. */
  NOT_ENCRYPTED: { readonly path: string }
  /** The file or its directory cannot be created. */
  UNWRITABLE: { readonly path: string }
}

/** What loading or making an identity throws. */
export class IdentityError<
  Code extends keyof IdentityErrorDetails = keyof IdentityErrorDetails
> extends DaaError<IdentityErrorDetails, Code> {
  override readonly name: string = 'IdentityError'
}

/** Codes of an {@link AdmissionError} and what each carries. */
export interface AdmissionErrorDetails {
  /** The pre-shared key is too short or too long, or all zeros; `length` is in bytes. */
  BAD_KEY: { readonly length: number }
  /** A text is no token or revocation that can be used here, or none can be made of what was given. */
  BAD_STATEMENT: { readonly kind: 'token' | 'revocation'; readonly flaw: string }
  /** This peer's own token would not be let in by the others. */
  TOKEN_REFUSED: { readonly refusal: RefusalCode; readonly reason: string }
}

/** What setting up admission throws. Whoever is refused gets a `ConnectorError`. */
export class AdmissionError<
  Code extends keyof AdmissionErrorDetails = keyof AdmissionErrorDetails
> extends DaaError<AdmissionErrorDetails, Code> {
  override readonly name: string = 'AdmissionError'
}

/** Codes of a {@link ListenError} and what each carries: the multiaddrs concerned. */
export interface ListenErrorDetails {
  /** Another process, or another node of this one, listens there. */
  ADDRESS_IN_USE: { readonly addresses: readonly string[] }
  /** This machine has no such address. */
  ADDRESS_NOT_AVAILABLE: { readonly addresses: readonly string[] }
  /** The system does not allow this process to listen there. */
  PERMISSION_DENIED: { readonly addresses: readonly string[] }
  /** WebRTC-direct cannot listen there: in use, or no address of this machine; it does not say which. */
  UDP_UNAVAILABLE: { readonly addresses: readonly string[] }
  /** Secure WebSockets need a certificate and its key in PEM, and there is none, or none that can be used. */
  BAD_CERTIFICATE: { readonly addresses: readonly string[] }
  /** WebRTC cannot be loaded here. */
  WEBRTC_UNAVAILABLE: { readonly addresses: readonly string[] }
  /** One thread of a process can use WebRTC, and another one does, or did. */
  WEBRTC_ON_OTHER_THREAD: { readonly addresses: readonly string[] }
  /** No configured transport can listen there. */
  UNSUPPORTED_ADDRESS: { readonly addresses: readonly string[] }
}

/** Why a node could not listen. */
export class ListenError<
  Code extends keyof ListenErrorDetails = keyof ListenErrorDetails
> extends DaaError<ListenErrorDetails, Code> {
  override readonly name: string = 'ListenError'
}

/** Codes of a {@link TransportError} and what each carries. */
export interface TransportErrorDetails {
  /** All WebRTC is to go through a server of TURN, and there is none. */
  NO_TURN_SERVER: Record<never, never>
  /** A server of STUN or TURN that cannot be used; `index` in `iceServers`. */
  BAD_ICE_SERVER: { readonly index: number }
  /** The option `iceTransportPolicy` is none of its two values. */
  BAD_ICE_TRANSPORT_POLICY: { readonly value: unknown }
  /** This platform has no WebRTC, and node-datachannel no binary for it. */
  WEBRTC_UNAVAILABLE: Readonly<Record<never, never>>
  /** One thread of a process of Node can use WebRTC, and another one does, or did; `thread`: its `threadId`. */
  WEBRTC_ON_OTHER_THREAD: { readonly thread: number }
  /** The transport encrypts by itself, and post-quantum encryption is required. */
  NOT_POST_QUANTUM: { readonly transport: string }
  /** The option `postQuantum` is none of its three values. */
  BAD_POST_QUANTUM: { readonly value: unknown }
}

/** Why a transport cannot be used. */
export class TransportError<
  Code extends keyof TransportErrorDetails = keyof TransportErrorDetails
> extends DaaError<TransportErrorDetails, Code> {
  override readonly name: string = 'TransportError'
}
