import { DaaError, type PeerId } from '@daa-compute/interface'
import { quorumOf } from './consensus/configuration.ts'

/** Codes of a {@link RoundError} and what each carries. */
export interface RoundErrorDetails {
  /** The values are no array of a type that can be reduced but this. Nothing was sent. */
  BAD_DTYPE: { readonly actual: string }
  /**
   * The value at `index`, of the named `tensor` if several were given, is NaN or
   * infinite; for half types `value` is its bits. Nothing was sent.
   */
  NON_FINITE: {
    readonly tensor: string | undefined
    readonly index: number
    readonly value: number
  }
  /** A weight that is not finite, negative, or over the cap. */
  BAD_WEIGHT: { readonly weight: number; readonly limit: number }
  /** A rule that is none, or that cannot be followed in such a call. Nothing was sent. */
  BAD_RULE: { readonly rule: string; readonly reason: string }
  /** The group is smaller than the rule's guarantee takes. Nothing was sent; call again with more. */
  TOO_FEW_FOR_RULE: { readonly rule: string; readonly needed: number; readonly members: number }
  /**
   * A round in a group of so many `members` may take `needed` bytes beside the values,
   * more than the `budget` of this peer. Nothing was sent; the others go on without it.
   */
  MEMORY_BUDGET: { readonly needed: number; readonly budget: number; readonly members: number }
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
  /** Others bring another shape, dtype, codec, rule or algorithm, and they are not fewer. */
  REQUEST_MISMATCH: {
    readonly peer: PeerId
    readonly field: string
    readonly ours: string
    readonly theirs: string
  }
  /** The others have finished rounds that this peer has no part in: its state is behind. */
  BEHIND: {
    readonly ours: number
    readonly theirs: number
    /** The lineage that `peer` is in. */
    readonly lineage: string
    readonly peer: PeerId
  }
  /** Try after try failed, the last for `reason`. Safe to call again once that is put right. */
  ABORTED: { readonly attempts: number; readonly reason: string }
  /**
   * Fewer than `quorum` of the `size` members can be reached, `missing` cannot:
   * they may be dead, or go on without this peer. Call again when they are back;
   * or have the run's `onQuorumLoss` be `'fork'`.
   */
  QUORUM_LOST: {
    readonly quorum: number
    readonly size: number
    readonly missing: readonly PeerId[]
  }
  /**
   * This peer has brought its values, but too few of the others answer to say whether
   * the round counts: `missing` do not. Call again: if it did, that call gets its
   * result (`recovered`), or `BEHIND` says so.
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

/**
 * Fewer members answer than have to agree.
 *
 * @param isUnclear whether enough do, but their results differ and only the others can
 * tell which counts
 */
export function quorumLost(
  size: number,
  missing: readonly PeerId[],
  isUnclear = false
): RoundError<'QUORUM_LOST'> {
  const quorum = quorumOf(size)
  const others = missing.join(', ') || 'them'
  const why = isUnclear
    ? `the results of those who answer differ, and only ${others} can tell which of them counts`
    : `${size - missing.length} of the ${size} members answer and ${quorum} have to agree`
  return new RoundError(
    'QUORUM_LOST',
    `${why}: wait for ${others}, or set \`onQuorumLoss\` to 'fork' to go on without the others`,
    { quorum, size, missing }
  )
}

/** Whether a round counts that this peer has brought values to cannot be learnt. */
export function outcomeUnknown(missing: readonly PeerId[]): RoundError<'OUTCOME_UNKNOWN'> {
  return new RoundError(
    'OUTCOME_UNKNOWN',
    `this peer has brought its values, but cannot learn whether the round counts: ${missing.join(', ') || 'the others'} do not answer; call again: if it did, that call gets its result, or BEHIND says so`,
    { missing }
  )
}

/** No group of enough peers came together in time. */
export function notEnoughPeers(
  needed: number,
  timeoutMs: number,
  joined: readonly PeerId[],
  unreachable: ReadonlyMap<PeerId, string>,
  refusals: ReadonlyMap<PeerId, string>
): RoundError<'NOT_ENOUGH_PEERS'> {
  // one for each: what it said itself rather than that it was not reached
  const reasons = [...new Map([...unreachable, ...refusals])].map(
    ([peer, why]) => `${peer}: ${why}`
  )
  const known = reasons.length > 0 ? ` (${reasons.join('; ')})` : ''
  return new RoundError(
    'NOT_ENOUGH_PEERS',
    `no group of ${needed} formed in ${Math.round(timeoutMs)} ms, ${joined.length} joined${known}: start more peers, check that they reach each other, or lower minPeers`,
    {
      needed,
      joined: [...joined].toSorted(),
      unreachable: Object.fromEntries(unreachable),
      refusals: Object.fromEntries(refusals)
    }
  )
}
