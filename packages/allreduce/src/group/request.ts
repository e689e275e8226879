import type { PeerId, RoundRequest } from '@daa-compute/interface'
import type { Reader, Writer } from '@daa-compute/wire'
import { GroupError } from './errors.ts'
import { MAX_FIELD_LENGTH } from './constants.ts'

/** Everything that has to be the same at each member, by the name a person knows it by. */
export interface GroupRequest {
  readonly fields: Readonly<Record<(typeof FIELDS)[number], string>>
}

/** In the order in which a difference is worth telling. */
const FIELDS = [
  'members',
  'collective',
  'op',
  'dtype',
  'layout',
  'length',
  'codec',
  'algorithm',
  'root',
  'nonFinite'
] as const

/** What besides a round's request matters in a group. */
export interface GroupRequestInit extends Omit<RoundRequest, 'algorithm'> {
  /** The algorithm and, if it was chosen, what stands for how it was arranged. */
  readonly algorithm: string
  /** Fingerprint of the members in their order, clusters and shards. */
  readonly members: string
  readonly root: PeerId | undefined
  readonly nonFinite: string
}

export function describeRequest(init: GroupRequestInit): GroupRequest {
  const { members, collective, op, dtype, layout, codec, algorithm, nonFinite } = init
  const [length, root] = [String(init.length), init.root ?? '']
  return {
    fields: {
      members,
      collective,
      op,
      dtype,
      layout,
      length,
      codec,
      algorithm,
      root,
      nonFinite
    }
  }
}

/** The error that names the first difference between two requests, if there is one. */
export function mismatch(
  ours: GroupRequest,
  theirs: GroupRequest,
  peer: PeerId
): GroupError<'REQUEST_MISMATCH'> | undefined {
  const field = FIELDS.find((name) => ours.fields[name] !== theirs.fields[name])
  if (field === undefined) return undefined
  const detail = { peer, field, ours: ours.fields[field], theirs: theirs.fields[field] }
  return new GroupError(
    'REQUEST_MISMATCH',
    `${field} is ${JSON.stringify(detail.ours)} here and ${JSON.stringify(detail.theirs)} at ${peer}: ` +
      'every member has to call the same operations of a tag in the same order',
    detail
  )
}

export function writeGroupRequest(writer: Writer, { fields }: GroupRequest): void {
  for (const name of FIELDS) writer.text(fields[name])
}

/** @throws {WireError} */
export function readGroupRequest(reader: Reader): GroupRequest {
  const fields = {} as Record<(typeof FIELDS)[number], string>
  for (const name of FIELDS) fields[name] = reader.text(MAX_FIELD_LENGTH)
  return { fields }
}
