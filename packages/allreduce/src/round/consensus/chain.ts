import type { Hasher, PeerId } from '@daa-compute/interface'
import { MAX_KEPT_DECISIONS } from '../../constants.ts'
import { type Configuration, quorumOf } from './configuration.ts'
import { toHex } from '../wire/digest.ts'
import type { DecidedMessage } from '../wire/messages.ts'
import { successorOf } from './proposal.ts'
import type { Decision, Slot } from './slot.ts'

/** Where in a run a peer is: the lineage whose rounds its caller has counted, and the next of them. */
export interface Place {
  readonly lineage: string
  readonly sequence: number
}

/** What was decided in the configurations this peer was in, for who missed it. */
export class Chain {
  readonly #decisions = new Map<string, () => DecidedMessage>()

  /** Keeps a decision; the oldest goes. */
  add(slot: Slot, decision: Decision): DecidedMessage {
    this.#keep(slot.config.key, () => tell(slot, decision))
    return tell(slot, decision)
  }

  /**
   * Keeps what has let this peer into a configuration. Those who decided it may
   * all be gone by the time a member that missed it asks.
   */
  addAdmission(message: DecidedMessage): void {
    this.#keep(toHex(message.configuration), () => message)
  }

  /** What was decided about the attempt of a configuration. */
  get(key: string): DecidedMessage | undefined {
    return this.#decisions.get(key)?.()
  }

  /** Whether it is known what was decided. */
  has(key: string): boolean {
    return this.#decisions.has(key)
  }

  #keep(key: string, told: () => DecidedMessage): void {
    this.#decisions.set(key, told)
    const [oldest] = this.#decisions.keys()
    if (this.#decisions.size > MAX_KEPT_DECISIONS && oldest !== undefined) {
      this.#decisions.delete(oldest)
    }
  }
}

/** With every vote that has come by now: one of the first may be a forgery. */
function tell(slot: Slot, decision: Decision): DecidedMessage {
  const { ballot, value } = decision
  const { kind, result, members, culprit, reason } = value
  return {
    type: 'decided',
    ...slot.ref,
    lineage: slot.config.lineage,
    ballot,
    proposal: { kind, result, members, culprit, reason },
    voters: slot.config.members,
    votes: slot.votesFor(decision)
  }
}

/** The configuration that a decision leads to, for who was not in the one before. */
export function configurationAfter(
  run: string,
  { lineage, sequence, attempt, configuration, proposal, voters }: DecidedMessage,
  hasher: Hasher
): Configuration {
  const before = {
    run,
    lineage,
    sequence,
    attempt,
    previous: configuration,
    members: voters,
    digest: configuration,
    key: ''
  }
  return successorOf(before, proposal, hasher)
}

/** Whether a decision names a quorum of voters. */
export function hasQuorum({ voters, votes }: DecidedMessage): boolean {
  const ranks = new Set(votes.map(({ rank }) => rank).filter((rank) => rank < voters.length))
  return ranks.size >= quorumOf(voters.length)
}

/** Whether one list holds this process life of a peer. */
export function rankOf(
  members: Configuration['members'],
  peer: PeerId,
  incarnation: string | undefined
): number {
  return members.findIndex((member) => member.peer === peer && member.incarnation === incarnation)
}
