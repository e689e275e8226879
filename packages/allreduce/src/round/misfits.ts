import type { PeerId } from '@daa-compute/interface'
import { RoundError } from './errors.ts'
import type { JoinMessage } from './messages.ts'

const FIELDS = ['dtype', 'length', 'codec', 'algorithm'] as const

/** Equal for joins that can be in one plan. */
export function kindOf(join: JoinMessage): string {
  return JSON.stringify([join.lineage, ...FIELDS.map((field) => join.request[field])])
}

/** Another peer's join cannot be in one plan with this one's. */
export function mismatch(peer: PeerId, own: JoinMessage, other: JoinMessage): RoundError {
  const field = FIELDS.find((name) => own.request[name] !== other.request[name])
  const ours = field === undefined ? own.lineage : String(own.request[field])
  const theirs = field === undefined ? other.lineage : String(other.request[field])
  const what = field ?? 'lineage'
  return new RoundError(
    'REQUEST_MISMATCH',
    `this peer brings ${what} ${ours} and ${peer} ${theirs}: all members have to call allReduce with the same ${what}`,
    { peer, field: what, ours, theirs }
  )
}

/** Another peer is in a later round. */
export function behind(ours: number, theirs: number, peer: PeerId): RoundError {
  return new RoundError(
    'BEHIND',
    `${peer} is in round ${theirs} and this peer in round ${ours}: take over the others' state, then join the run anew with \`enterLate: true\``,
    { ours, theirs, peer }
  )
}
