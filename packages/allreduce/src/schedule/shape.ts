import { badPlan } from './errors.ts'
import { partition } from './partition.ts'
import type { Shape, Step } from './schedule.ts'

/** A {@link Shape} of which only what matters has to be given. */
export interface ShapeInit {
  readonly size: number
  /** Default: one per rank. */
  readonly chunks?: number
  /** Default: one cluster of all ranks. */
  readonly clusters?: readonly (readonly number[])[]
  /** Default: chunks dealt evenly, rank by rank. */
  readonly owners?: readonly number[]
  /** Default: 0. */
  readonly root?: number
}

/**
 * Completes and checks a shape.
 *
 * @throws {ScheduleError} `BAD_PLAN` when the clusters are no partition of the
 * ranks, or an owner or the root is none of them
 */
export function createShape(init: ShapeInit): Shape {
  const { size, chunks = init.owners?.length ?? size, root = 0 } = init
  const ranks = Array.from({ length: size }, (_, rank) => rank)
  const clusters =
    init.clusters === undefined || init.clusters.length === 0 ? [ranks] : init.clusters
  const owners = init.owners ?? dealt(chunks, size)
  const isRank = (rank: number): boolean => Number.isInteger(rank) && rank >= 0 && rank < size

  if (!isRank(size - 1)) throw badPlan('members', `are ${size} ranks`)
  if (!isRank(root)) throw badPlan('root', `is ${root} in a group of ${size}`)
  if (owners.length !== chunks) {
    throw badPlan('shards', `give ${owners.length} owners for ${chunks} chunks`)
  }
  const stranger = owners.find((owner) => !isRank(owner))
  if (stranger !== undefined) throw badPlan('shards', `give a chunk to rank ${stranger} of ${size}`)
  const members = clusters.flat()
  const once = new Set(members)
  if (once.size !== size || members.length !== size || !members.every(isRank)) {
    throw badPlan('clusters', `hold ${members.length} ranks of ${size}, or one of them twice`)
  }
  if (clusters.some((cluster) => cluster.length === 0)) throw badPlan('clusters', 'are empty')
  return { size, chunks, clusters, owners, root }
}

/** The chunks of each rank, by rank. */
export function chunksByOwner({ size, owners }: Shape): readonly (readonly number[])[] {
  const byOwner: number[][] = Array.from({ length: size }, () => [])
  for (const [chunk, owner] of owners.entries()) byOwner[owner]?.push(chunk)
  return byOwner
}

/** The `finish` of every chunk that the rank owns. */
export function finishOwned(rank: number, shape: Shape): readonly Step[] {
  const own = chunksByOwner(shape)[rank] ?? []
  return own.map((chunk) => ({ op: 'finish', chunk }))
}

/** The owner of each of `chunks` chunks, dealt evenly in consecutive blocks. */
function dealt(chunks: number, size: number): number[] {
  return partition(chunks, size).flatMap(({ start, end }, rank) =>
    Array.from({ length: end - start }, () => rank)
  )
}
