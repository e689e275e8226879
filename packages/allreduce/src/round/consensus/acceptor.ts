import type { Hasher } from '@daa-compute/interface'
import type { Configuration } from './configuration.ts'
import { sameDigest } from '../wire/digest.ts'
import { type Proposal, standingProposal, successorOf, type Value, valueOf } from './proposal.ts'

/** What a member has accepted, and in which ballot. */
export interface Acceptance {
  readonly ballot: number
  readonly value: Value
}

interface Open {
  readonly ballot: number
  readonly proposal: Proposal
  /** Made when it is first needed: it costs a hash. */
  next: Configuration | undefined
}

/**
 * One member's memory in the single-decree Paxos about one attempt (Lamport,
 * "Paxos made simple", 2001), with two differences:
 *
 * - Ballot 0 needs no coordinator. Its proposal is known from the configuration:
 *   the round counts and the same members go on.
 * - A commit is accepted only by who holds the result. So a decided commit is
 *   held by a quorum, and no single death can take the result along. Who cannot
 *   come to hold it any more accepts only what may have been decided already.
 *
 * It lives as long as the process: what restarts is another member.
 */
export class Acceptor {
  /** Nothing below this ballot is accepted any more. */
  promised = 0
  accepted: Acceptance | undefined
  /** Digest of the result, once this member holds it. */
  held: Uint8Array | undefined
  readonly #config: Configuration
  readonly #hasher: Hasher
  #open: Open

  constructor(config: Configuration, hasher: Hasher) {
    this.#config = config
    this.#hasher = hasher
    this.#open = { ballot: 0, proposal: standingProposal(config), next: undefined }
  }

  /** Phase 1: whether it promises to accept nothing below this ballot. */
  promise(ballot: number): boolean {
    if (ballot <= this.promised) return false
    this.promised = ballot
    return true
  }

  /** Phase 2: whether the proposal may be accepted, now or when the result is held. */
  open(ballot: number, proposal: Proposal): boolean {
    if (ballot < this.promised || ballot <= this.#open.ballot) return false
    this.promised = ballot
    this.#open = { ballot, proposal, next: undefined }
    return true
  }

  /** The last ballot of which a proposal is known here. */
  get opened(): number {
    return this.#open.ballot
  }

  /** The proposal that is waiting for this member's result, or was accepted last. */
  get proposal(): Proposal | undefined {
    return this.#open.ballot === this.promised ? this.#open.proposal : undefined
  }

  /**
   * Accepts the open proposal, if that is possible and has not happened.
   *
   * @param mayLack whether it need not hold a result that the proposal names
   */
  accept(mayLack = false): Acceptance | undefined {
    const open = this.#open
    if (open.ballot !== this.promised || this.accepted?.ballot === open.ballot) return undefined
    const { proposal } = open
    const { held } = this
    const result = proposal.kind === 'commit' ? (proposal.result ?? held) : undefined
    if (proposal.kind === 'commit') {
      if (result === undefined) return undefined
      const isHeld = held !== undefined && sameDigest(result, held)
      if (!isHeld && !(mayLack && proposal.result !== undefined)) return undefined
    }
    open.next ??= successorOf(this.#config, proposal, this.#hasher)
    this.accepted = { ballot: open.ballot, value: valueOf(proposal, result, open.next) }
    return this.accepted
  }
}
