import type {
  AbortOptions,
  Clock,
  Connector,
  EventSource,
  Hasher,
  Logger,
  Metrics,
  PeerId,
  Random
} from '@daa-compute/interface'
import type { StateError } from './errors.ts'
import type { StateTensors } from './tensors.ts'

/** Which state it is: the one at the start of round `sequence` of a lineage. */
export interface Revision {
  readonly lineage: string
  readonly sequence: number
}

/** How much a peer gives to others that fetch its state. */
export interface ServingLimits {
  /** Bits per second for all joiners together, shaped. Default: no limit */
  readonly uploadBitsPerSecond?: number | undefined
  /** Joiners served at a time; further ones are told to try later; fewer where each would wait long for a block. Default 8 */
  readonly maxJoiners?: number | undefined
  /**
   * Bytes of results of rounds that are kept for joiners. Beyond that they are let go
   * and joiners fetch a newer state. Default: twice the state, at least 64 MiB
   */
  readonly maxDeltaBytes?: number | undefined
  /** ms for which a state is held for a joiner that asks for nothing more. Default 10 s */
  readonly leaseMs?: number | undefined
}

/** What shared state is made of. */
export interface SharedStateInit {
  /** The run whose members have this state: 1 to 128 bytes. */
  readonly run: string
  readonly connector: Connector
  readonly clock: Clock
  readonly random: Random
  /** The same at all peers. Default: SHA-256 in plain JavaScript */
  readonly hasher?: Hasher | undefined
  /** The state. Names, kinds and lengths are the same at all peers. */
  readonly tensors: StateTensors
  /** Whom to ask for the state: reachable members of the run. */
  readonly members: () => readonly PeerId[]
  readonly serving?: ServingLimits | undefined
  /** Most bytes that others' state may have. Default: what the tensors hold */
  readonly maxBytes?: number | undefined
  /** Bytes that are verified and fetched as one, the same at all peers. Default 256 KiB */
  readonly blockLength?: number | undefined
  readonly logger?: Logger | undefined
  readonly metrics?: Metrics | undefined
}

/** How catching up goes on. */
export interface CatchUpProgress {
  /** What is being fetched: a state, or what the round that led to `revision` resulted in. */
  readonly what: 'snapshot' | 'delta'
  readonly revision: Revision
  readonly bytesDone: number
  readonly bytesTotal: number
}

/** What to catch up with. */
export interface CatchUpOptions extends AbortOptions {
  /**
   * Goes to this revision and stops there. If that is to be had no more, to a later
   * one. Default: until level with the others
   */
  readonly until?: Revision | undefined
  /** Takes only this lineage. Default: that which most peers stand behind */
  readonly lineage?: string | undefined
  /**
   * Makes the state at `to` out of the one before, by what the round between them
   * resulted in: the bytes given to `update`, one array behind the other. It must do
   * the same as what `update` was given did. Without it, only whole states are fetched.
   */
  readonly apply?: ((delta: Uint8Array, to: Revision) => void | Promise<void>) | undefined
  readonly onProgress?: ((progress: CatchUpProgress) => void) | undefined
}

/** What one donor gave. */
export interface DonorReport {
  /** Bytes of blocks that arrived and were right. */
  readonly bytes: number
  /** Why no more was asked of it, if that is so. */
  readonly dropped?: StateError | undefined
}

/** How catching up went. All lengths in bytes. */
export interface CatchUpReport {
  /** What the tensors are now. */
  readonly revision: Revision
  /** Blocks of the state that were fetched. */
  readonly bytesFetched: number
  /** Blocks of the state that were there already. */
  readonly bytesPresent: number
  /** Results of rounds that were fetched. */
  readonly deltaBytes: number
  /** Blocks that arrived a second time, since a donor seemed slow and another was asked. */
  readonly bytesDuplicate: number
  /** Blocks that were not what was asked for, and hashes. */
  readonly bytesWasted: number
  /** Rounds that were replayed. */
  readonly deltas: number
  /** States that were fetched: more than one if the first was let go meanwhile. */
  readonly snapshots: number
  readonly donors: Readonly<Record<PeerId, DonorReport>>
  readonly durationMs: number
}

/** What shared state tells. */
export interface StateEvents {
  /** A donor is asked for nothing more in this fetch: it lied, stalled, or is gone. */
  'donor:dropped': { readonly peer: PeerId; readonly reason: StateError }
  /** A joiner began to fetch from this peer. */
  'joiner:served': { readonly peer: PeerId; readonly revision: Revision }
  /** What was held for a joiner is let go. */
  'joiner:released': {
    readonly peer: PeerId
    readonly reason: 'done' | 'expired' | 'too-far-behind' | 'stopped'
  }
}

/** One peer's copy of the state of a run, for others to fetch, and to be brought up to theirs. */
export interface SharedState extends EventSource<StateEvents>, AsyncDisposable {
  /** What the tensors are; `undefined` while they are not whole: never were, or a fetch was broken off. */
  readonly revision: Revision | undefined

  /**
   * Says that the tensors are whole: at the start of training, or from a checkpoint.
   *
   * @param participants whose state it is: those that began together
   * @throws {StateError} `BACKWARD` for a revision before the present one; `BAD_OPTION`, `BUSY`,
   * `STOPPED`
   */
  declare(revision: Revision, participants: readonly PeerId[]): void

  /**
   * Goes by the tensors as they are, after a `catchUp` that failed: whoever was to be
   * caught up with is gone, and what is here is served again. Nothing happens where it is
   * no state.
   *
   * @throws {StateError} `BUSY`, `STOPPED`
   */
  reaffirm(): void

  /**
   * Says that the tensors are no state any more, or none that counts: nothing is served of them.
   *
   * @throws {StateError} `BUSY`, `STOPPED`
   */
  forget(): void

  /**
   * Changes the tensors: the only place where they change, so outside of it they are
   * consistent and are served as they are. If somebody is fetching them, a copy is
   * taken before; that is the only one of full size there ever is.
   *
   * @param participants of the round that led to it
   * @param delta what that round resulted in, copied if somebody is catching up;
   * `undefined` if the change cannot be replayed
   * @param change if it throws, the tensors count as not whole
   * @throws {StateError} `NOT_WHOLE`, `BACKWARD`, `BUSY`, `STOPPED`
   */
  update(
    to: Revision,
    participants: readonly PeerId[],
    delta: readonly Uint8Array[] | undefined,
    change: () => void | Promise<void>
  ): Promise<void>

  /**
   * Makes the tensors what a quorum of the run vouches for, fetched from all of them at
   * once, then replays what rounds have resulted in since. Blocks that are right
   * already are not fetched, so a fetch that was broken off is resumed by another call.
   *
   * @throws {StateError} `NO_DONORS`, `NO_QUORUM`, `DONORS_BUSY`, `NO_SUCH_REVISION`, `BACKWARD`,
   * `LAYOUT_MISMATCH`, `TOO_LARGE`, `CANNOT_KEEP_UP`, `WRITE_FAILED`, `APPLY_FAILED`,
   * `BUSY`, `STOPPED`; or the signal's reason. Whether the tensors are whole then is
   * what `revision` says
   */
  catchUp(options?: CatchUpOptions): Promise<CatchUpReport>

  /** Serves no more and gives up what is being fetched. Idempotent. */
  stop(): Promise<void>
}
