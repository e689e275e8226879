import { DaaError, type DType, type PeerId } from '@daa-compute/interface'

/** Codes of a {@link GroupError} and what each carries. */
export interface GroupErrorDetails {
  /** The members given to `createGroup`, or what else is, contradict themselves. */
  BAD_GROUP: { readonly reason: string }
  /** Some members did not come in time, or will have nothing to do with this one; why, by peer. */
  NOT_CONNECTED: { readonly missing: Readonly<Record<string, string>> }
  /** The group was closed here. */
  CLOSED: { readonly group: string }
  /** An option of an operation is out of its range. Nothing was sent. */
  BAD_OPTION: { readonly option: string; readonly value: unknown }
  /** The values are none that can be reduced, or not with this group's codec. Nothing was sent. */
  BAD_DTYPE: { readonly actual: string; readonly dtype: DType | undefined }
  /** NaN or infinity at `index` of `tensor`, which is empty for a single one. Nothing was sent. */
  NON_FINITE: { readonly tensor: string; readonly index: number; readonly value: number }
  /** `peer` asked for something else in its call that should go with this one. */
  REQUEST_MISMATCH: {
    readonly peer: PeerId
    readonly field: string
    readonly ours: string
    readonly theirs: string
  }
  /** The operation failed because of `culprit`, as `reporter` found. */
  PEER_FAILED: { readonly culprit: PeerId; readonly reporter: PeerId; readonly reason: string }
  /** `waiting` are alive and have not called the operation for `patienceMs`. */
  NOT_CALLED: { readonly waiting: readonly PeerId[]; readonly patienceMs: number }
  /** The operation failed and no member in particular is at fault. */
  ABORTED: { readonly reporter: PeerId; readonly reason: string }
}

/**
 * What a group and its operations reject with. Whatever the code, the caller's
 * values are byte for byte as they were.
 */
export class GroupError<
  Code extends keyof GroupErrorDetails = keyof GroupErrorDetails
> extends DaaError<GroupErrorDetails, Code> {
  override readonly name: string = 'GroupError'
}

export function peerFailed(
  culprit: PeerId,
  reporter: PeerId,
  reason: string
): GroupError<'PEER_FAILED'> {
  return new GroupError(
    'PEER_FAILED',
    `the operation failed because of ${culprit}, says ${reporter}: ${reason}`,
    { culprit, reporter, reason }
  )
}

export function aborted(reporter: PeerId, reason: string): GroupError<'ABORTED'> {
  return new GroupError('ABORTED', `the operation was given up by ${reporter}: ${reason}`, {
    reporter,
    reason
  })
}
