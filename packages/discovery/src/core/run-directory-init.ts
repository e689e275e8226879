import type { Broadcast, Clock, Logger, Metrics, PeerRecord, Random } from '@daa-compute/interface'
import type { CapabilityFilter } from './capability-filter.ts'

/** What a run directory is made of. */
export interface RunDirectoryInit {
  /** Name of the run, 1 to 256 bytes of UTF-8. */
  readonly runId: string
  /**
   * What to announce of this peer; asked before each announcement, so addresses
   * may change. Of more than 16 addresses the first 16 are announced.
   */
  readonly self: () => PeerRecord
  /**
   * Names this life of the directory; greater than those of all lives the peer
   * had before in this run, at most 2^53 - 1. Announcements of an earlier life
   * are ignored, so that nobody can bring them back. {@link wallClockIncarnation}
   * makes such numbers.
   */
  readonly incarnation: number
  readonly broadcast: Broadcast
  readonly clock: Clock
  readonly random: Random
  /** Which peers to show. Default: all. */
  readonly filter?: CapabilityFilter | undefined
  /** Peers to keep at most; newcomers beyond are ignored. Default 4096. */
  readonly maxPeers?: number | undefined
  readonly metrics?: Metrics | undefined
  readonly logger?: Logger | undefined
}
