import type { AbortOptions } from './abort.ts'
import type { RefusalCode } from './admission.ts'
import type { Channel } from './channel.ts'
import type { DaaError } from './errors.ts'
import type { PeerId } from './peer-id.ts'

/** Codes of a {@link ConnectorError} and what each carries. */
export interface ConnectorErrorDetails {
  /** No address of the peer is known, or none answered. */
  UNREACHABLE: { readonly peer: PeerId }
  /** The peer is there but does not speak this protocol. */
  PROTOCOL_NOT_SUPPORTED: { readonly peer: PeerId; readonly protocol: string }
  /**
   * One of the two peers does not let the other into the run: `refusedBy`, which is
   * `peer` or this one. The reason is for people, and from there.
   */
  NOT_ADMITTED: {
    readonly peer: PeerId
    readonly run: string
    readonly refusedBy: PeerId
    readonly refusal: RefusalCode
    readonly reason: string
  }
  /** `accept` was called for a protocol that already has a handler. */
  ALREADY_ACCEPTED: { readonly protocol: string }
  /** The connector was stopped. */
  STOPPED: Record<never, never>
}

/** What a {@link Connector} rejects with. */
export type ConnectorError = {
  [Code in keyof ConnectorErrorDetails]: DaaError<ConnectorErrorDetails, Code>
}[keyof ConnectorErrorDetails]

/** Takes a channel another peer has opened. The handler owns it: it closes or aborts it. */
export type AcceptHandler = (channel: Channel) => void

/** Opens channels to peers and accepts theirs. */
export interface Connector {
  /** The peer that this end is. */
  readonly self: PeerId

  /**
   * Opens a channel to a peer for one protocol.
   *
   * @param protocol a path-like name with a version, for example `/daa/run/1`
   * @throws {ConnectorError} `UNREACHABLE`, `PROTOCOL_NOT_SUPPORTED`, `STOPPED`;
   * `NOT_ADMITTED` where admission is checked
   */
  open(peer: PeerId, protocol: string, options?: AbortOptions): Promise<Channel>

  /**
   * Starts accepting channels for one protocol.
   *
   * @returns a function that stops accepting; channels already accepted live on
   * @throws {ConnectorError} `ALREADY_ACCEPTED`, `STOPPED`
   */
  accept(protocol: string, handler: AcceptHandler): Promise<() => Promise<void>>
}
