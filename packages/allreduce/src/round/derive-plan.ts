import type { Algorithm, Collective, Hasher, Plan, RoundRequest } from '@daa-compute/interface'
import { chooseSegmentLength } from '../executor/layout.ts'
import { ALGORITHMS, shapeOf, stepsOf } from '../schedule/algorithms.ts'
import type { Pair } from './arrangement.ts'
import type { Configuration } from './configuration.ts'
import { createPlan, type PlanContents } from './plan.ts'

/**
 * The plan of an attempt: what the configuration has agreed and what this peer
 * brings. Members that bring the same have the same plan, so a steady round needs
 * no traffic to agree on one; members that do not have plans of other digests,
 * and find that out before a value is touched.
 */
export function derivePlan(
  config: Configuration,
  request: RoundRequest,
  algorithm: Algorithm,
  hasher: Hasher
): Plan {
  const { run, lineage, sequence, attempt, members } = config
  const { collective, op, dtype, codec } = request
  // nothing at all would be reduced without anybody having come
  const length = Math.max(1, request.length)
  const contents = {
    id: { run, lineage, sequence, attempt },
    members,
    collective,
    op,
    dtype,
    length,
    codec,
    algorithm,
    clusters: [],
    shards: [],
    root: 0,
    segmentLength: 1
  } satisfies PlanContents
  const { chunks } = shapeOf(contents)
  return createPlan({ ...contents, segmentLength: chooseSegmentLength(length, chunks) }, hasher)
}

const knownPairs = new Map<string, readonly Pair[]>()

/** The pairs of ranks between which an algorithm sends in a group of a size. */
export function pairsOf(
  algorithm: Algorithm,
  collective: Collective,
  size: number
): readonly Pair[] {
  const key = `${algorithm} ${collective} ${size}`
  const known = knownPairs.get(key) ?? findPairs(algorithm, collective, size)
  // every attempt asks, and few groups differ in size
  if (knownPairs.size < MAX_KNOWN_PAIRS) knownPairs.set(key, known)
  return known
}

function findPairs(algorithm: Algorithm, collective: Collective, size: number): readonly Pair[] {
  // as many elements as every algorithm needs to use all of its links
  const length = collective === 'barrier' ? 1 : 2 ** 24
  const members = Array.from({ length: size }, () => UNNAMED)
  const plan = { members, algorithm, collective, clusters: [], shards: [], root: 0, length }
  const pairs = new Map<number, Pair>()
  if (size > 1 && ALGORITHMS[algorithm] !== undefined) {
    for (let rank = 0; rank < size; rank++) {
      for (const step of stepsOf(plan, rank)) {
        if (step.op === 'finish') continue
        const pair = [Math.min(rank, step.peer), Math.max(rank, step.peer)] as const
        pairs.set(pair[0] * size + pair[1], pair)
      }
    }
  }
  return [...pairs.values()]
}

const MAX_KNOWN_PAIRS = 256

const UNNAMED = { peer: '' as Configuration['members'][number]['peer'], incarnation: '' }
