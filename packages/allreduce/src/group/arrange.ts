import type { Plan, RoundRequest } from '@daa-compute/interface'
import { chooseAlgorithm } from '../cost/choose.ts'
import { chooseSegmentLength } from '../executor/layout.ts'
import { toHex } from '../round/wire/digest.ts'
import { shapeOf } from '../schedule/algorithms.ts'
import { assertCodecFits } from '../schedule/codec-use.ts'
import { MAX_KEPT_CHOICES } from './constants.ts'
import type { GroupFacts } from './facts.ts'

/** How an operation is carried out. */
export interface GroupArrangement {
  readonly plan: Pick<Plan, 'algorithm' | 'clusters' | 'shards' | 'segmentLength'>
  /** What members compare: a choice may differ with what they know of the network. */
  readonly name: string
}

/** What an arrangement depends on, besides the group. */
type GroupArrangeRequest = Pick<
  RoundRequest,
  'collective' | 'dtype' | 'length' | 'codec' | 'algorithm'
>

/**
 * Arranges an operation as the group was told to or, for `auto`, as the cost
 * model finds best.
 *
 * @throws {ScheduleError} `CODEC_MISFIT`
 */
export function arrange(
  request: GroupArrangeRequest,
  root: number,
  facts: GroupFacts
): GroupArrangement {
  const { members, clusters, shards } = facts
  const { algorithm, collective, length, dtype, codec } = request
  if (algorithm === 'auto') {
    const key = JSON.stringify([request, root])
    const arrangement = facts.chosen.get(key) ?? choose(request, root, facts)
    if (facts.chosen.size >= MAX_KEPT_CHOICES) facts.chosen.clear()
    facts.chosen.set(key, arrangement)
    return arrangement
  }
  assertCodecFits(algorithm, collective, codec)
  const given = {
    algorithm,
    clusters: algorithm === 'hierarchical' ? clusters : [],
    shards: algorithm === 'direct' ? shards : []
  }
  const { chunks } = shapeOf({ ...given, members, collective, length, root })
  const segmentLength = chooseSegmentLength(length, Math.max(1, chunks), dtype)
  return { plan: { ...given, segmentLength }, name: algorithm }
}

function choose(request: GroupArrangeRequest, root: number, facts: GroupFacts): GroupArrangement {
  const { members, clusters, network } = facts
  const { algorithm, shards, segmentLength, ...choice } = chooseAlgorithm({
    request,
    size: members.length,
    root,
    network,
    clusters: clusters.length === 0 ? undefined : clusters
  })
  const plan = { algorithm, clusters: choice.clusters, shards, segmentLength }
  return { plan, name: `auto: ${algorithm} (${fingerprint(plan, facts)})` }
}

function fingerprint(plan: GroupArrangement['plan'], { hasher }: GroupFacts): string {
  const hash = hasher.create()
  hash.update(new TextEncoder().encode(JSON.stringify(plan)))
  return toHex(hash.digest().subarray(0, 4))
}
