import type { PeerId } from './peer-id.ts'

/** What a peer says of itself for one run. */
export interface PeerRecord {
  readonly peer: PeerId
  /** Where it can be reached, in the text form the transport understands (multiaddrs for libp2p). */
  readonly addresses: readonly string[]
  /** Free facts it declares: `{ cores: '8', gpu: 'none' }`. Claims, not proofs. */
  readonly capabilities: Readonly<Record<string, string>>
}

/** What changed in a {@link PeerDirectory}. */
export type DirectoryEvent =
  | { readonly type: 'join'; readonly record: PeerRecord }
  | { readonly type: 'update'; readonly record: PeerRecord }
  | { readonly type: 'leave'; readonly peer: PeerId }

/**
 * The peers of one run as known here and now. Views of different peers differ;
 * agreement on who takes part in a round is made by a {@link Decider}, on top.
 */
export interface PeerDirectory {
  /** Everybody known at this moment, this peer itself not included. */
  peers(): Iterable<PeerRecord>

  /** @returns a function that ends the watch */
  watch(handler: (event: DirectoryEvent) => void): () => void
}
