import { DaaError } from '@daa-compute/interface'
import type { PeerId } from '@daa-compute/interface'

/** Codes of a {@link LimitsError} and what each carries. */
export interface LimitsErrorDetails {
  /** A limit that does not exist, or that is no positive number. */
  BAD_LIMIT: { readonly name: string; readonly value: unknown }
}

/** What choosing limits throws. */
export class LimitsError<
  Code extends keyof LimitsErrorDetails = keyof LimitsErrorDetails
> extends DaaError<LimitsErrorDetails, Code> {
  override readonly name: string = 'LimitsError'
}

/**
 * Codes of a {@link RefusalError} and what each carries. Each is a value of the
 * label `reason` of `daa_transport_refused_total`, too.
 */
export interface RefusalErrorDetails {
  /** There are as many connections as there may be. */
  TOO_MANY_CONNECTIONS: { readonly address: string; readonly limit: number }
  /** The peer has as many connections as it may. */
  TOO_MANY_FROM_PEER: { readonly address: string; readonly peer: PeerId; readonly limit: number }
  /** Too many handshakes are under way: in all, or from this address. */
  TOO_MANY_HANDSHAKES: { readonly address: string; readonly limit: number }
  /** The address opens connections faster than it may. */
  CONNECTING_TOO_FAST: { readonly address: string; readonly perSecond: number }
  /** The `gater` of the configuration said no. */
  DENIED: { readonly address: string; readonly peer: PeerId | undefined }
  /** The handshake was not over in time. */
  HANDSHAKE_TIMEOUT: {
    readonly address: string
    readonly limitMs: number
    readonly received: number
  }
  /** The remote sent more than any handshake takes, in bytes. */
  HANDSHAKE_TOO_LONG: { readonly address: string; readonly limit: number }
  /** The remote left or sent something else than a handshake; `cause` says which, if it is known. */
  HANDSHAKE_FAILED: { readonly address: string; readonly received: number }
  /** What came over the connection could not be decrypted, or is no frame of its multiplexer. */
  MALFORMED: { readonly address: string; readonly peer: PeerId }
  /** The peer opened more streams on a connection than it may. */
  TOO_MANY_STREAMS: { readonly peer: PeerId; readonly limit: number }
  /** The peer opens streams faster than it may, whether or not it ends them. */
  OPENING_TOO_FAST: { readonly peer: PeerId; readonly perSecond: number; readonly burst: number }
  /** A stream's opener has not said in time what protocol it is for. */
  STREAM_TIMEOUT: { readonly peer: PeerId; readonly limitMs: number }
  /** The peer opened more channels than it may. */
  TOO_MANY_CHANNELS: { readonly peer: PeerId; readonly protocol: string; readonly limit: number }
  /** The peer announced a frame that is longer than frames may be, in bytes; the channel is aborted. */
  FRAME_TOO_LARGE: {
    readonly peer: PeerId
    readonly protocol: string
    readonly length: number
    readonly limit: number
  }
  /** The peer has more under way than it may, in bytes, to readers that do not read. */
  TOO_MUCH_UNREAD: { readonly peer: PeerId; readonly unread: number; readonly limit: number }
  /** Nothing was open on the connection for too long. */
  IDLE: { readonly peer: PeerId; readonly limitMs: number }
}

/** Why a connection, a stream or a channel was refused or cut off. */
export class RefusalError<
  Code extends keyof RefusalErrorDetails = keyof RefusalErrorDetails
> extends DaaError<RefusalErrorDetails, Code> {
  override readonly name: string = 'RefusalError'
}
