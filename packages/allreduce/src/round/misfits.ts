import type { PeerId, RoundRequest } from '@daa-compute/interface'
import { RoundError } from './errors.ts'

const FIELDS = ['collective', 'op', 'dtype', 'length', 'layout', 'codec', 'algorithm'] as const

/** Equal for requests that can be in one plan. */
export function kindOf(request: RoundRequest): string {
  return FIELDS.map((field) => request[field]).join('\n')
}

/** Another peer's request cannot be in one plan with this one's. */
export function mismatch(peer: PeerId, own: RoundRequest, other: RoundRequest): RoundError {
  const field = FIELDS.find((name) => own[name] !== other[name]) ?? 'length'
  const ours = String(own[field])
  const theirs = String(other[field])
  return new RoundError(
    'REQUEST_MISMATCH',
    `this peer brings ${field} ${ours} and ${peer} ${theirs}: all members have to call with the same ${field}`,
    { peer, field, ours, theirs }
  )
}

/**
 * Who fails when requests differ: whoever's kind is not in the majority, so that
 * the others go on.
 *
 * @param requests by rank, this peer's included
 * @returns the rank of a rival, if this peer is not in the majority
 */
export function rivalOf(
  own: RoundRequest,
  requests: ReadonlyMap<number, RoundRequest>
): number | undefined {
  const kind = kindOf(own)
  const kinds = Map.groupBy(requests, ([, request]) => kindOf(request))
  const ours = kinds.get(kind)?.length ?? 0
  for (const [other, rivals] of kinds) {
    if (other !== kind && rivals.length >= ours) return rivals[0]?.[0]
  }
  return undefined
}

/** Another peer is in a later round. */
export function behind(ours: number, theirs: number, peer: PeerId): RoundError {
  return new RoundError(
    'BEHIND',
    `${peer} is in round ${theirs} and this peer would be in round ${ours}: take over the others' state, or call with \`enterLate: true\` if what you bring is fit for any round`,
    { ours, theirs, peer }
  )
}
