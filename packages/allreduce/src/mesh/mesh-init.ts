import type {
  Clock,
  Connector,
  Deadline,
  Logger,
  PeerDirectory,
  PeerId
} from '@daa-compute/interface'
import type { Channels } from './channels.ts'
import type { Greeting } from './greeting.ts'
import type { LinkTable } from './link-table.ts'

/** What happens between this peer and the others of a run. */
export interface MeshHandlers {
  /** Messages can go both ways from now on. */
  onUp(peer: PeerId, incarnation: string): void
  /** They can no more. */
  onDown(peer: PeerId, reason: string): void
  /** The peer will have nothing to do with this one. */
  onRefused(peer: PeerId, reason: string): void
  /** A control message; throws when it is malformed, which costs the peer its link. */
  onControl(peer: PeerId, message: Uint8Array): void
  /**
   * A data frame; rejects or throws when it is malformed. The next of the same
   * tag waits for the promise, those of other tags do not.
   */
  onData(peer: PeerId, frame: Uint8Array, tag: number): Promise<void> | undefined
}

export interface MeshInit {
  readonly connector: Connector
  readonly directory: PeerDirectory
  readonly clock: Clock
  readonly greeting: Greeting
  readonly handlers: MeshHandlers
  readonly logger?: Logger | undefined
  /** Why a process life of a peer is not let in; `undefined` if it is. Default: everybody is */
  refuse?(peer: PeerId, incarnation: string): string | undefined
}

/** What the parts of a mesh share. */
export interface MeshParts {
  readonly init: MeshInit
  readonly links: LinkTable
  /** Has to know every channel that is opened or accepted. */
  readonly channels: Channels
  readonly controlProtocol: string
  readonly dataProtocol: string
  /** A time in which peers have to say hello; it ends with the mesh. */
  deadline(what: string): Deadline
}
