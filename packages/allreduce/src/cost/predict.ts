import { chunkRanges, scheduleOf, type SchedulePlan, shapeOf } from '../schedule/algorithms.ts'
import { partition, type Range } from '../schedule/partition.ts'
import type { Shape } from '../schedule/schedule.ts'
import type { Trunks } from './clusters.ts'
import { FAIRNESS_PARTS, MAX_SIMULATED_SIZE } from './constants.ts'
import { estimate } from './estimate.ts'
import type { Network } from './network.ts'
import { simulate } from './simulate.ts'
import { TRANSPORT_COST } from './transport-cost.ts'
import type { ValueCost } from './value-cost.ts'

/** What a prediction depends on, besides the plan. */
export interface PredictionInit {
  readonly network: Network
  readonly trunks: Trunks
  readonly value: ValueCost
  readonly segmentLength: number
}

/** ms that a plan takes: simulated, or for large groups estimated. */
export function predictMs(plan: SchedulePlan, init: PredictionInit): number {
  const shape = shapeOf(plan)
  const chunks = chunkRanges(plan, shape)
  if (shape.size > MAX_SIMULATED_SIZE) return estimateMs(plan, shape, chunks, init)
  const isPipelined = chunks.some(({ start, end }) => end - start > init.segmentLength)
  const split = plan.algorithm === 'direct' && isPipelined && isUneven(init.network)
  const parts = split ? splitChunks(shape, chunks, FAIRNESS_PARTS) : { shape, chunks }
  const schedule = scheduleOf(plan)
  const steps = (rank: number) => schedule(rank, parts.shape)
  return simulate(init.network, { ...init, steps, chunks: parts.chunks })
}

function estimateMs(
  { algorithm, collective, length }: SchedulePlan,
  { size, owners, clusters }: Shape,
  chunks: readonly Range[],
  init: PredictionInit
): number {
  const shares = Array.from({ length: size }, () => 0)
  for (const [chunk, { start, end }] of chunks.entries()) {
    const owner = owners[chunk] ?? 0
    shares[owner] = (shares[owner] ?? 0) + (end - start) / Math.max(1, length)
  }
  const transport = TRANSPORT_COST
  const known = { ...init, transport, length, clusters, shares, chunks: chunks.length }
  const ms = estimate(algorithm, known)
  // the other collectives are one half of an all-reduce
  return collective === 'allReduce' || collective === 'barrier' ? ms : ms / 2
}

/**
 * The simulation serves one message after another; connections in fact share a
 * link fairly, which matters where one rank is slow and the others wait for what
 * it sends each of them. Smaller chunks, taken in turns, come near to that.
 */
function splitChunks(
  shape: Shape,
  chunks: readonly Range[],
  parts: number
): { shape: Shape; chunks: readonly Range[] } {
  const turns = Array.from({ length: parts }, (_, turn) => turn)
  const owners = turns.flatMap(() => shape.owners)
  const ranges = turns.flatMap((turn) =>
    chunks.map(({ start, end }) => {
      const part = partition(end - start, parts)[turn]
      return { start: start + (part?.start ?? 0), end: start + (part?.end ?? 0) }
    })
  )
  return { shape: { ...shape, owners, chunks: owners.length }, chunks: ranges }
}

function isUneven({ uplinks, downlinks }: Network): boolean {
  const differs = (bandwidth: number): boolean => bandwidth !== uplinks[0]
  return uplinks.some(differs) || downlinks.some(differs)
}
