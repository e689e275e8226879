import { DaaError, type PeerId } from '@daa-compute/interface'

/** Why a bootstrap address did not answer. */
export type UnreachableReason =
  /** Nothing listens at the address. */
  | 'refused'
  /** The handshake failed: too many connections at once, or it is not a libp2p peer. */
  | 'handshake'
  /** The two peers have no encryption that both allow; trying again does not help. */
  | 'encryption'
  /** No answer in time: a wrong host, or a firewall. */
  | 'timeout'
  /** The host name does not resolve, or there is no route. */
  | 'no-route'
  /** Somebody answered, but another peer than the address names. */
  | 'wrong-peer'
  /** The address is of this node itself. */
  | 'self'
  /** No configured transport can dial such an address. */
  | 'no-transport'
  /** A connection gater forbids it, here or there. */
  | 'denied'
  /** Something else: see `cause`. */
  | 'failed'

/** Codes of a {@link DiscoveryError} and what each carries. */
export interface DiscoveryErrorDetails {
  /** The name of a run cannot be used: it is empty, too long or not valid text. */
  BAD_RUN_ID: { readonly runId: string }
  /** What this peer says of itself does not fit into an announcement. */
  BAD_RECORD: { readonly field: string; readonly limit: number }
  /** An announcement is not what a peer of this version writes; it was ignored. */
  BAD_ANNOUNCEMENT: { readonly reason: 'version' | 'run' | 'field' }
  /** The directory was stopped; create another one. */
  STOPPED: { readonly runId: string }
  /** A text is not a multiaddr. */
  BAD_ADDRESS: { readonly address: string }
  /** A bootstrap address was dialled in vain. */
  UNREACHABLE: { readonly address: string; readonly reason: UnreachableReason }
  /** No bootstrap address could be reached; one error for each. The node itself is fine. */
  BOOTSTRAP_FAILED: { readonly failures: readonly DiscoveryError[] }
  /** A message to publish is too long; both in bytes. */
  MESSAGE_TOO_LARGE: { readonly length: number; readonly limit: number }
  /** Gossipsub did not take a message: is libp2p started? */
  PUBLISH_FAILED: { readonly topic: string }
  /** Gossipsub did not take a subscription: is libp2p started? */
  SUBSCRIBE_FAILED: { readonly topic: string }
  /** Multicast DNS was asked for in a browser. */
  MDNS_UNSUPPORTED: Record<never, never>
  /** Addresses of this peer could not be stored. */
  ADDRESS_BOOK_FAILED: { readonly peer: PeerId }
}

/** What discovery throws and rejects with. */
export class DiscoveryError<
  Code extends keyof DiscoveryErrorDetails = keyof DiscoveryErrorDetails
> extends DaaError<DiscoveryErrorDetails, Code> {
  override readonly name: string = 'DiscoveryError'
}
