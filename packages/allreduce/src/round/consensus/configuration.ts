import type { AttemptId, Hasher, PlanMember } from '@daa-compute/interface'
import { createWriter } from '@daa-compute/wire'
import { writeBudget } from '../wire/fields.ts'
import { toHex } from '../wire/digest.ts'

/** A configuration without its digest. */
export interface ConfigurationContents extends AttemptId {
  /** Digest of the configuration before; what is random in the first of a lineage. */
  readonly previous: Uint8Array
  /** In the order of ranks. */
  readonly members: readonly PlanMember[]
}

/**
 * The agreed membership of one attempt. Each configuration but the first of a
 * lineage was decided by a quorum of the one before, so two disjoint groups
 * cannot both own a round.
 */
export interface Configuration extends ConfigurationContents {
  /** Hash of everything above, 32 bytes. */
  readonly digest: Uint8Array
  /** The digest in hexadecimal. */
  readonly key: string
}

/** Seals a configuration. */
export function createConfiguration(
  contents: ConfigurationContents,
  hasher: Hasher
): Configuration {
  const bytes = createWriter(1024)
    .text(contents.run)
    .text(contents.lineage)
    .uint53(contents.sequence)
    .uint32(contents.attempt)
    .bytes(contents.previous)
    .list(contents.members, (writer, member: PlanMember) =>
      writeBudget(writer.text(member.peer).text(member.incarnation), member)
    )
    .finish()
  const hash = hasher.create()
  hash.update(bytes)
  const digest = hash.digest()
  return { ...contents, digest, key: toHex(digest) }
}

/** The first configuration of a lineage, which it gives its name. */
export function foundConfiguration(
  contents: Omit<ConfigurationContents, 'lineage' | 'attempt'>,
  hasher: Hasher
): Configuration {
  const nameless = { ...contents, lineage: '', attempt: 0 }
  const lineage = createConfiguration(nameless, hasher).key
  return createConfiguration({ ...nameless, lineage }, hasher)
}

/** Members that have to agree for anything to be decided: any two quorums share one. */
export function quorumOf(size: number): number {
  return Math.floor(size / 2) + 1
}

/**
 * The ranks in the order in which they coordinate: drawn anew for each
 * configuration, so that it is nobody's office and everybody knows the next one.
 */
export function coordinatorsOf(config: Configuration, hasher: Hasher): readonly number[] {
  const tickets = config.members.map(({ peer }) => {
    const hash = hasher.create()
    hash.update(createWriter().bytes(config.previous).text(peer).finish())
    return toHex(hash.digest())
  })
  const ticket = (rank: number): string => tickets[rank] ?? ''
  return [...tickets.keys()].toSorted((a, b) => (ticket(a) < ticket(b) ? -1 : 1))
}

/** Whether the first comes after the second in one lineage. */
export function isLater(
  a: Pick<AttemptId, 'sequence' | 'attempt'>,
  b: Pick<AttemptId, 'sequence' | 'attempt'>
): boolean {
  return a.sequence > b.sequence || (a.sequence === b.sequence && a.attempt > b.attempt)
}

/** Whether two configurations have the same members, in the same order. */
export function haveSameMembers(a: Configuration, b: Configuration): boolean {
  return (
    a.members.length === b.members.length &&
    a.members.every(({ incarnation }, rank) => incarnation === b.members[rank]?.incarnation)
  )
}
