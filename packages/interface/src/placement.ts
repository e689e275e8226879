import type { PeerId } from './peer-id.ts'

/** What is known of the network between the members of a group. */
export interface Placement {
  /** Delay of one way from one peer to another, in ms; `undefined` when not known. */
  delayMs(from: PeerId, to: PeerId): number | undefined

  /** Bandwidth from one peer to another, in bits/s; `undefined` when not known. */
  bandwidth(from: PeerId, to: PeerId): number | undefined

  /** The members in an order in which neighbours are near: the order of a ring. */
  order(members: readonly PeerId[]): readonly PeerId[]

  /** The members in groups of which each is near in itself, each in ring order. */
  clusters(members: readonly PeerId[]): readonly (readonly PeerId[])[]
}
