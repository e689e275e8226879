import type { Hasher, PeerId, PlanMember } from '@daa-compute/interface'
import { type Configuration, createConfiguration } from './configuration.ts'
import { toHex } from '../wire/digest.ts'

/** What a coordinator proposes to decide about an attempt. */
export interface Proposal {
  /** `commit`: the round counts. `retry`: it is tried again. */
  readonly kind: 'commit' | 'retry'
  /**
   * Digest of the result that counts. `undefined` for a retry, and for a commit
   * of whatever result the attempt still comes to.
   */
  readonly result: Uint8Array | undefined
  /** The members of the next configuration, in the order of ranks. */
  readonly members: readonly PlanMember[]
  /** Because of whom an attempt is tried again, where one is known. Informs, decides nothing. */
  readonly culprit: PeerId | undefined
  readonly reason: string
}

/** A commit that names its result, or a retry: what can be accepted and decided. */
export interface Value extends Proposal {
  /** The configuration it leads to. */
  readonly next: Configuration
  /** Equal for equal values. */
  readonly key: string
}

/** What everybody expects of an attempt: it counts and the same members go on. */
export function standingProposal(config: Configuration): Proposal {
  return {
    kind: 'commit',
    result: undefined,
    members: config.members,
    culprit: undefined,
    reason: ''
  }
}

/** The configuration that follows if a proposal is decided. */
export function successorOf(
  config: Configuration,
  { kind, members }: Pick<Proposal, 'kind' | 'members'>,
  hasher: Hasher
): Configuration {
  const { run, lineage, sequence, attempt } = config
  const commits = kind === 'commit'
  return createConfiguration(
    {
      run,
      lineage,
      sequence: commits ? sequence + 1 : sequence,
      attempt: commits ? 0 : attempt + 1,
      previous: config.digest,
      members
    },
    hasher
  )
}

/** Makes a proposal a value: with a result if it commits, and what it leads to. */
export function valueOf(
  proposal: Proposal,
  result: Uint8Array | undefined,
  next: Configuration
): Value {
  const key = `${proposal.kind} ${result === undefined ? '' : toHex(result)} ${next.key}`
  return { ...proposal, result, next, key }
}
