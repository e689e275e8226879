import type { PeerId } from './peer-id.ts'

/** Element types that a round can reduce. */
export type DType = 'float32'

/** All-reduce algorithms that exist, by the name users choose them. */
export type Algorithm = 'ring'

/** Names one try at one round; all of it is on the wire. */
export interface AttemptId {
  /** The swarm that trains one model. */
  readonly run: string
  /**
   * The chain of configurations this round belongs to: the hash of the chain's
   * first plan in hexadecimal, or the empty string before the first round.
   */
  readonly lineage: string
  /** Which round of the lineage, from 0. */
  readonly sequence: number
  /** Which try at the round, from 0. */
  readonly attempt: number
}

/** What a peer brings to a round. Everything but the weight has to match. */
export interface RoundRequest {
  readonly dtype: DType
  /** Elements of the tensor. */
  readonly length: number
  /** Name of the codec the values cross the network in. */
  readonly codec: string
  readonly algorithm: Algorithm
  /** Weight of this peer's values in the mean; finite and greater than zero. */
  readonly weight: number
}

/** One member of a plan. */
export interface PlanMember {
  readonly peer: PeerId
  /** One process life of the peer, 16 hexadecimal digits: a restarted peer is another member. */
  readonly incarnation: string
  readonly weight: number
}

/**
 * Everything the members of an attempt have to agree on. The plan carries the
 * outcome of every choice; no member recomputes one from its own view.
 */
export interface Plan {
  readonly id: AttemptId
  /** The group, in the order of ranks. */
  readonly members: readonly PlanMember[]
  readonly dtype: DType
  readonly length: number
  readonly codec: string
  readonly algorithm: Algorithm
  /** Elements of a full segment: the unit of pipelining. */
  readonly segmentLength: number
  /** Hash of all of the above: what members vote on, and what tags their frames. */
  readonly digest: Uint8Array
}
