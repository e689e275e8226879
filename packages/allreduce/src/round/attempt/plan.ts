import type { Hasher, Plan, PlanMember } from '@daa-compute/interface'
import { createWriter } from '@daa-compute/wire'

/** A plan without its digest. */
export type PlanContents = Omit<Plan, 'digest'>

/** Seals a plan: the digest covers everything in it. */
export function createPlan(contents: PlanContents, hasher: Hasher): Plan {
  const { id, members } = contents
  const bytes = createWriter(1024)
    .text(id.run)
    .text(id.lineage)
    .uint53(id.sequence)
    .uint32(id.attempt)
    .text(contents.collective)
    .text(contents.op)
    .text(contents.dtype)
    .uint53(contents.length)
    .text(contents.codec)
    .text(contents.rule ?? '')
    .text(contents.algorithm)
    .list(contents.clusters, (writer, cluster: readonly number[]) =>
      writer.list(cluster, (w, rank: number) => w.uint16(rank))
    )
    .list(contents.shards, (writer, shard: number) => writer.float64(shard))
    .uint16(contents.root)
    .uint32(contents.segmentLength)
    .list(members, (writer, member: PlanMember) =>
      writer.text(member.peer).text(member.incarnation)
    )
    .finish()
  const hash = hasher.create()
  hash.update(bytes)
  return { ...contents, digest: hash.digest() }
}

/** Bytes of a plan's digest that tell it from any other plan of the same attempt. */
export const PLAN_TAG_LENGTH = 8

/** The first bytes of a plan's digest. */
export function planTag({ digest }: Plan): Uint8Array {
  return digest.subarray(0, PLAN_TAG_LENGTH)
}
