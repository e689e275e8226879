import type { Algorithm, Plan, RoundRequest } from '@daa-compute/interface'
import { chooseSegmentLength } from '../executor/layout.ts'
import { type SchedulePlan, shapeOf } from '../schedule/algorithms.ts'
import { assertCodecFits, type CodecClass, codecClassOf, codecUse } from '../schedule/codec-use.ts'
import { findClusters, findTrunks, type Trunks } from './clusters.ts'
import { INDIFFERENCE } from './constants.ts'
import { createNetwork, type Network } from './network.ts'
import { predictMs } from './predict.ts'
import { balancedShards, singleShard } from './shards.ts'
import { valueCost } from './value-cost.ts'

/** What a choice depends on. */
export interface ChoiceInit {
  /** What is to be done; with an algorithm other than `auto`, only how to arrange that one. */
  readonly request: Pick<
    RoundRequest,
    'collective' | 'dtype' | 'length' | 'codec' | 'rule' | 'algorithm'
  >
  /** Ranks of the group. */
  readonly size: number
  /** The rank whose values count in a broadcast. Default: 0. */
  readonly root?: number
  /** Between the ranks, in their order. Default: every link 1 ms and 1 Gbit/s. */
  readonly network?: Network | undefined
  /** Default: those found in the network. */
  readonly clusters?: readonly (readonly number[])[] | undefined
  /**
   * Ranks that are to send nothing but their own values, where the algorithm is free
   * or `direct`: they own no shard. Default: none
   */
  readonly spared?: ReadonlySet<number> | undefined
  /** Default: what the codec's name says. */
  readonly codecClass?: CodecClass | undefined
}

/** How a plan should be carried out: its fields of the same names. */
export interface Choice extends Pick<Plan, 'algorithm' | 'clusters' | 'shards' | 'segmentLength'> {
  /** What the model predicts of it, in ms. */
  readonly predictedMs: number
  /** And of each arrangement that was considered. */
  readonly considered: readonly ConsideredAlgorithm[]
}

/** One arrangement that was considered. */
export interface ConsideredAlgorithm {
  readonly algorithm: Algorithm
  readonly owners: 'all' | 'balanced' | 'one'
  readonly predictedMs: number
}

type Arrangement = Pick<Plan, 'algorithm' | 'clusters' | 'shards'> &
  Pick<ConsideredAlgorithm, 'owners'>

/**
 * Algorithms from the most to the least welcome where the model sees no
 * difference: with exact values by how few connections they use, with others by
 * how few times they encode a contribution.
 */
const BY_CONNECTIONS: readonly Algorithm[] = ['ring', 'butterfly', 'tree', 'hierarchical', 'direct']
const BY_ENCODINGS: readonly Algorithm[] = ['direct', 'hierarchical', 'butterfly', 'tree', 'ring']

/**
 * The algorithm that takes the least time by the cost model, among those that
 * the codec fits; for `direct` the best sizes of shards, for `hierarchical` the
 * clusters. Pure: the same wherever the same is known of the network.
 *
 * @throws {ScheduleError} `CODEC_MISFIT`, when an algorithm was asked for that
 * the codec does not fit
 */
export function chooseAlgorithm(init: ChoiceInit): Choice {
  const { candidates, segmentLengthOf, predict } = consider(init)
  const considered = candidates.map((candidate) => ({ candidate, predictedMs: predict(candidate) }))
  const best = leastOf(considered)
  const { owners: _, ...arrangement } = best.candidate
  return {
    ...arrangement,
    segmentLength: segmentLengthOf(best.candidate),
    predictedMs: best.predictedMs,
    considered: considered.map(({ candidate: { algorithm, owners }, predictedMs }) => ({
      algorithm,
      owners,
      predictedMs
    }))
  }
}

/** What {@link chooseAlgorithm} chooses, without predicting what there is no choice about. */
export function chooseArrangement(
  init: ChoiceInit
): Pick<Choice, 'algorithm' | 'clusters' | 'shards' | 'segmentLength'> {
  const { candidates, segmentLengthOf, predict } = consider(init)
  const [first, ...others] = candidates
  const best =
    first !== undefined && others.length === 0
      ? first
      : leastOf(candidates.map((candidate) => ({ candidate, predictedMs: predict(candidate) })))
          .candidate
  const { algorithm, clusters, shards } = best
  return { algorithm, clusters, shards, segmentLength: segmentLengthOf(best) }
}

const NOBODY: ReadonlySet<number> = new Set()

interface Considered {
  readonly candidate: Arrangement
  readonly predictedMs: number
}

/** The most welcome of those that take hardly longer than the fastest. */
function leastOf(considered: readonly Considered[]): Considered {
  const least = Math.min(...considered.map(({ predictedMs }) => predictedMs))
  const best = considered.find(({ predictedMs }) => predictedMs <= least * (1 + INDIFFERENCE))
  if (best === undefined) throw new RangeError('there is no algorithm for this request')
  return best
}

/** The arrangements of a request, from the most to the least welcome, and what is to be known of each. */
function consider(init: ChoiceInit): {
  readonly candidates: readonly Arrangement[]
  segmentLengthOf(candidate: Arrangement): number
  predict(candidate: Arrangement): number
} {
  const { request, size, root = 0 } = init
  const network = init.network ?? createNetwork({ size })
  const codecClass = init.codecClass ?? codecClassOf(request.codec)
  const { algorithm, collective, length, dtype, codec } = request
  if (algorithm !== 'auto') assertCodecFits(algorithm, collective, codec, codecClass)
  const value = valueCost(dtype, codec)
  const clusters = init.clusters ?? findClusters(network)
  let trunks: Trunks | undefined
  const planOf = (candidate: Arrangement): SchedulePlan => ({
    ...candidate,
    ...{ collective, length, root, members: { length: size } }
  })
  const segmentLengthOf = (candidate: Arrangement): number =>
    chooseSegmentLength(length, shapeOf(planOf(candidate)).chunks, dtype)
  const preference = codecClass === 'exact' ? BY_CONNECTIONS : BY_ENCODINGS
  // only with an owner for everything is there somebody who just sends what is his
  const reduces = collective === 'allReduce' || collective === 'barrier'
  const isSparing = algorithm === 'auto' && reduces && (init.spared?.size ?? 0) > 0
  const asked = isSparing ? 'direct' : algorithm
  const wanted = preference.filter(
    (name) =>
      (asked === 'auto' || asked === name) &&
      (request.rule === undefined || name === 'direct') &&
      codecUse(name, collective, codecClass) !== 'refused'
  )
  return {
    candidates: wanted.flatMap((name) =>
      arrangements(name, init, network, clusters, length * value.bytes)
    ),
    segmentLengthOf,
    predict(candidate) {
      trunks ??= findTrunks(network, clusters)
      const segmentLength = segmentLengthOf(candidate)
      return predictMs(planOf(candidate), { network, trunks, value, segmentLength })
    }
  }
}

/** The ways to arrange an algorithm that are worth a look; none where another does the same. */
function arrangements(
  algorithm: Algorithm,
  { request, spared = NOBODY }: ChoiceInit,
  network: Network,
  clusters: readonly (readonly number[])[],
  bytes: number
): Arrangement[] {
  const { collective } = request
  const plain: Arrangement = { algorithm, clusters: [], shards: [], owners: 'all' }
  const reduces = collective === 'allReduce' || collective === 'barrier'
  if (algorithm === 'hierarchical' && reduces) {
    // a single rank far from the rest is better served by a shard of no size
    const useful = clusters.filter((cluster) => cluster.length > 1).length > 1
    return useful || request.algorithm === algorithm ? [{ ...plain, clusters }] : []
  }
  if (algorithm === 'direct' && reduces) {
    const one: Arrangement = {
      ...plain,
      shards: singleShard(network, bytes, spared),
      owners: 'one'
    }
    if (collective === 'barrier') return [one]
    const shards = balancedShards(network, spared)
    const isEven = shards.every((shard) => shard === shards[0])
    // what is small would have one owner, who would have all contributions in memory, and
    // could make anything of the result
    if (request.rule !== undefined)
      return [{ ...plain, shards: isEven ? shards.map(() => 1) : shards }]
    if (spared.size > 0) return [{ ...plain, shards, owners: 'balanced' }, one]
    return isEven ? [plain, one] : [plain, { ...plain, shards, owners: 'balanced' }, one]
  }
  // the other collectives are the ring's and the tree's, or direct
  const carriers: Algorithm[] = collective === 'broadcast' ? ['tree', 'direct'] : ['ring', 'direct']
  return reduces || carriers.includes(algorithm) || request.algorithm === algorithm ? [plain] : []
}
