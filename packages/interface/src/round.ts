import type { PeerId } from './peer-id.ts'

/**
 * Element types that a round can reduce. `float16` and `bfloat16` are stored as
 * the bits of each value in a `Uint16Array`; sums are made in float32.
 */
export type DType = 'float32' | 'float64' | 'float16' | 'bfloat16'

/** How the members' values are combined, element by element. `mean` is weighted. */
export type ReduceOp = 'sum' | 'mean' | 'min' | 'max' | 'product'

/** What is done with the values of a group. */
export type Collective = 'allReduce' | 'reduceScatter' | 'allGather' | 'broadcast' | 'barrier'

/** All-reduce algorithms that exist, by the name users choose them. */
export type Algorithm = 'ring' | 'tree' | 'butterfly' | 'hierarchical' | 'direct'

/** Names one try at one round; all of it is on the wire. */
export interface AttemptId {
  /** The swarm that trains one model. */
  readonly run: string
  /** The chain of configurations this round belongs to: the hash of the chain's first one, in hexadecimal. */
  readonly lineage: string
  /** Which round of the lineage, from 0. */
  readonly sequence: number
  /** Which try at the round, from 0. */
  readonly attempt: number
}

/** What a peer brings to a round. All of it has to match. */
export interface RoundRequest {
  readonly collective: Collective
  readonly op: ReduceOp
  readonly dtype: DType
  /** Elements of the tensor, or of all tensors of a bucket together. */
  readonly length: number
  /** Names and lengths of a bucket's tensors, or their hash; empty for a single one. */
  readonly layout: string
  /** Name of the codec the values cross the network in. */
  readonly codec: string
  /** The rule that contributions are aggregated by, with its parameters. Default: none, by `op` */
  readonly rule?: string | undefined
  readonly algorithm: Algorithm | 'auto'
}

/** What a member has said that it gives to the group: what its share of the work goes by. */
export interface MemberBudget {
  /** Bits/s that it sends at most; 0 if it is to send as little as possible. Default: not limited */
  readonly uplink?: number | undefined
  /** Bits/s that it takes at most. Default: not limited */
  readonly downlink?: number | undefined
}

/** One member of a configuration and of its plan. */
export interface PlanMember extends MemberBudget {
  readonly peer: PeerId
  /** One process life of the peer, 16 hexadecimal digits: a restarted peer is another member. */
  readonly incarnation: string
}

/** Two ranks between which nothing can be sent. */
export type BrokenLink = readonly [number, number]

/**
 * Everything the members of an attempt have to agree on. The plan carries the
 * outcome of every choice; no member recomputes one from its own view.
 */
export interface Plan {
  readonly id: AttemptId
  /** The group, in the order of ranks. */
  readonly members: readonly PlanMember[]
  readonly collective: Collective
  readonly op: ReduceOp
  readonly dtype: DType
  readonly length: number
  readonly codec: string
  /** The rule that contributions are aggregated by. Default: none, by `op` */
  readonly rule?: string | undefined
  readonly algorithm: Algorithm
  /** Ranks by cluster, for `hierarchical`; otherwise empty. */
  readonly clusters: readonly (readonly number[])[]
  /** Relative size of each rank's shard, for `direct`; 0 for a rank that owns none. Otherwise empty. */
  readonly shards: readonly number[]
  /** The rank whose values count, for `broadcast`; otherwise 0. */
  readonly root: number
  /** Elements of a full segment: the unit of pipelining. */
  readonly segmentLength: number
  /** Hash of all of the above: what members vote on, and what tags their frames. */
  readonly digest: Uint8Array
}
