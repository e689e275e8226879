import type { AbortOptions } from './abort.ts'
import type { PeerId } from './peer-id.ts'

/** A message somebody published on a topic. */
export interface BroadcastMessage {
  readonly topic: string
  /** Who signed the message: its author, not who passed it on. */
  readonly from: PeerId
  readonly data: Uint8Array
}

/**
 * Best-effort delivery of small messages to everybody who listens on a topic.
 *
 * Nothing is promised but authorship: a message may come late, twice or never,
 * and peers may see messages in different orders. So agreement is never built
 * on it; announcements are.
 */
export interface Broadcast {
  /** Longest message that may be published, in bytes. */
  readonly maxMessageLength: number

  publish(topic: string, data: Uint8Array, options?: AbortOptions): Promise<void>

  /** @returns a function that ends the subscription */
  subscribe(topic: string, handler: (message: BroadcastMessage) => void): () => void

  /**
   * Calls the handler when a peer is seen to begin listening on a topic: the
   * moment to repeat what it cannot have heard.
   *
   * @returns a function that ends the watch
   */
  onSubscriber(topic: string, handler: (peer: PeerId) => void): () => void
}
