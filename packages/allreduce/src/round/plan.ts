import type { Hasher, Plan, PlanMember } from '@daa-compute/interface'
import { createWriter } from '@daa-compute/wire'

/** A plan without its digest. */
export type PlanContents = Omit<Plan, 'digest'>

/** Seals a plan: the digest covers everything in it. */
export function createPlan(contents: PlanContents, hasher: Hasher): Plan {
  const { id, members, dtype, length, codec, algorithm, segmentLength } = contents
  const bytes = createWriter(1024)
    .text(id.run)
    .text(id.lineage)
    .uint53(id.sequence)
    .uint32(id.attempt)
    .text(dtype)
    .uint53(length)
    .text(codec)
    .text(algorithm)
    .uint32(segmentLength)
    .list(members, (writer, member: PlanMember) =>
      writer.text(member.peer).text(member.incarnation).float64(member.weight)
    )
    .finish()
  const hash = hasher.create()
  hash.update(bytes)
  return { ...contents, digest: hash.digest() }
}

/** Whether two digests are the same bytes. */
export function sameDigest(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((byte, i) => byte === b[i])
}

/** A digest in hexadecimal. */
export function toHex(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('')
}
