import { DaaError, type PeerId } from '@daa-compute/interface'

/** Codes of a {@link RoundError} and what each carries. */
export interface RoundErrorDetails {
  /** The values are no `Float32Array` but this. Nothing was sent. */
  BAD_DTYPE: { readonly actual: string }
  /** The value at `index` is NaN or infinite. Nothing was sent. */
  NON_FINITE: { readonly index: number; readonly value: number }
  /** A weight that is not finite, not positive, or over the cap. */
  BAD_WEIGHT: { readonly weight: number; readonly limit: number }
  /** The run was left; join it again. */
  LEFT: { readonly run: string }
  /**
   * No group of `needed` came together in time. `joined` had come,
   * `unreachable` were known but could not be reached, and why; `refusals` came
   * from peers that will have nothing to do with this one.
   */
  NOT_ENOUGH_PEERS: {
    readonly needed: number
    readonly joined: readonly PeerId[]
    readonly unreachable: Readonly<Record<string, string>>
    readonly refusals: Readonly<Record<string, string>>
  }
  /** Others bring another shape, dtype, codec or algorithm, and they are not fewer. */
  REQUEST_MISMATCH: {
    readonly peer: PeerId
    readonly field: string
    readonly ours: string
    readonly theirs: string
  }
  /** The others have finished rounds that this peer has no part in: its state is behind. */
  BEHIND: { readonly ours: number; readonly theirs: number; readonly peer: PeerId }
  /** The attempt failed because of `culprit`, as `reporter` found. Safe to call again. */
  PEER_FAILED: { readonly culprit: PeerId; readonly reporter: PeerId; readonly reason: string }
  /** The attempt failed and nobody in particular is at fault. Safe to call again. */
  ABORTED: { readonly reporter: PeerId; readonly reason: string }
  /**
   * Everybody who is left finished, but `missing` vanished before saying so:
   * others may count the round or not. Call again: whoever is behind is told.
   */
  OUTCOME_UNKNOWN: { readonly missing: readonly PeerId[] }
}

/**
 * What an all-reduce rejects with. Whatever the code, the caller's values are
 * byte for byte as they were.
 */
export class RoundError<
  Code extends keyof RoundErrorDetails = keyof RoundErrorDetails
> extends DaaError<RoundErrorDetails, Code> {
  override readonly name: string = 'RoundError'
}

/** The run was left while, or before, it was asked for something. */
export function leftError(run: string): RoundError<'LEFT'> {
  return new RoundError('LEFT', `the run ${run} was left: join it again`, { run })
}
