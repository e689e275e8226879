import { DaaError, type PeerId } from '@daa-compute/interface'
import type { Revision } from './shared-state.ts'

/** Codes of a {@link StateError} and what each carries. */
export interface StateErrorDetails {
  /** An option is not what it has to be. */
  BAD_OPTION: { readonly option: string; readonly value: unknown }
  /** Nobody who answers has a state. */
  NO_DONORS: { readonly asked: readonly PeerId[] }
  /** There are donors, and no revision that more than half of its participants vouch for. */
  NO_QUORUM: { readonly donors: readonly PeerId[] }
  /** Donors serve as many others as they may: try later. */
  DONORS_BUSY: { readonly donors: readonly PeerId[] }
  /** Nobody has, or gets to, the revision that was asked for. */
  NO_SUCH_REVISION: { readonly until: Revision }
  /** The revision lies before the present one, of the same lineage. */
  BACKWARD: { readonly from: Revision; readonly to: Revision }
  /** The others' state has other tensors; `tensor` is the first one that differs. */
  LAYOUT_MISMATCH: { readonly tensor: string; readonly ours: string; readonly theirs: string }
  /** Something of a peer's is larger than this peer takes, in bytes. */
  TOO_LARGE: { readonly length: number; readonly limit: number }
  /** Rounds went on faster than states could be fetched, `snapshots` times. */
  CANNOT_KEEP_UP: { readonly snapshots: number }
  /** The tensors could not be written. */
  WRITE_FAILED: { readonly cause: unknown }
  /** The caller's `apply` or `change` failed; the tensors are no state. */
  APPLY_FAILED: { readonly to: Revision; readonly cause: unknown }
  /** The tensors are no state, so there is nothing to change. */
  NOT_WHOLE: Record<never, never>
  /** They are being changed or fetched by another call. */
  BUSY: { readonly with: 'update' | 'catchUp' }
  /** The shared state was stopped. */
  STOPPED: Record<never, never>

  /** A donor sent something whose hash is not that which was vouched for. */
  WRONG_BLOCK: { readonly peer: PeerId; readonly index: number }
  /** A donor vouches for another state than the quorum does. */
  OTHER_REVISION: { readonly peer: PeerId }
  /** A donor has not answered for as long as it should have taken several times. */
  STALLED: { readonly peer: PeerId; readonly forMs: number }
  /** A donor cannot be reached, or its channel failed. */
  VANISHED: { readonly peer: PeerId; readonly cause: unknown }
  /** A donor broke the protocol. */
  MALFORMED: { readonly peer: PeerId; readonly reason: string }
  /** A donor will not serve, or has let go what it held. */
  REFUSED: { readonly peer: PeerId; readonly reason: string }
}

/** What is wrong with shared state, or with a donor of it. */
export class StateError<
  Code extends keyof StateErrorDetails = keyof StateErrorDetails
> extends DaaError<StateErrorDetails, Code> {
  override readonly name: string = 'StateError'
}

/** Tells an error of this package from others. */
export function isStateError(error: unknown): error is StateError {
  return error instanceof StateError
}
