import type { PeerId, RoundRequest } from '@daa-compute/interface'
import type { Place } from '../consensus/chain.ts'
import type { Slot } from '../consensus/slot.ts'
import { RoundError } from '../errors.ts'

const FIELDS = [
  'collective',
  'op',
  'dtype',
  'length',
  'layout',
  'codec',
  'rule',
  'algorithm'
] as const

/** Of requests that were looked at: who seeks a group looks at all of them at every turn. */
const kindsKnown = new WeakMap<RoundRequest, string>()

/** Equal for requests that can be in one plan. */
export function kindOf(request: RoundRequest): string {
  const known = kindsKnown.get(request)
  if (known !== undefined) return known
  const kind = FIELDS.map((field) => request[field]).join('\n')
  kindsKnown.set(request, kind)
  return kind
}

/** Another peer's request cannot be in one plan with this one's. */
export function mismatch(peer: PeerId, own: RoundRequest, other: RoundRequest): RoundError {
  const field = FIELDS.find((name) => own[name] !== other[name]) ?? 'length'
  const ours = String(own[field] ?? 'none')
  const theirs = String(other[field] ?? 'none')
  return new RoundError(
    'REQUEST_MISMATCH',
    `this peer brings ${field} ${ours} and ${peer} ${theirs}: all members have to call with the same ${field}`,
    { peer, field, ours, theirs }
  )
}

/**
 * Who fails when members differ in what they bring: whoever is not with the
 * majority, so that the others go on.
 *
 * @param kinds by rank, this peer's included
 * @returns the rank of a rival, if this peer is not in the majority
 */
function rivalOf(rank: number, kinds: ReadonlyMap<number, string>): number | undefined {
  const own = kinds.get(rank)
  const groups = Map.groupBy(kinds, ([, kind]) => kind)
  const ours = own === undefined ? 0 : (groups.get(own)?.length ?? 0)
  for (const [other, rivals] of groups) {
    if (other !== own && rivals.length >= ours) return rivals[0]?.[0]
  }
  return undefined
}

/** Another peer brings the same, and would carry it out otherwise: what it knows of the network differs. */
function otherPlan(peer: PeerId, ours: string, theirs: string): RoundError {
  return new RoundError(
    'REQUEST_MISMATCH',
    `this peer and ${peer} have arranged the same round in different ways: all members have to be given the same \`placement\``,
    { peer, field: 'placement', ours, theirs }
  )
}

/**
 * What is wrong with what this peer brings to an attempt, in the eyes of most; found
 * when all have joined, for a rival may turn out to be alone.
 */
export function misfitIn({ requests, plans, rank, config }: Slot): RoundError | undefined {
  if (requests.size < config.members.length) return undefined
  // as in any steady round, and asked at every turn
  if (areAllAlike(requests.values(), isSameKind) && areAllAlike(plans.values(), Object.is)) {
    return undefined
  }
  const brought = new Map(Array.from(requests, ([of, request]) => [of, kindOf(request)]))
  const rival = rivalOf(rank, brought) ?? rivalOf(rank, plans)
  const peer = config.members[rival ?? -1]?.peer
  const ours = requests.get(rank)
  const theirs = requests.get(rival ?? -1)
  if (rival === undefined || !peer || !ours || !theirs) return undefined
  if (brought.get(rival) !== brought.get(rank)) return mismatch(peer, ours, theirs)
  return otherPlan(peer, plans.get(rank) ?? '', plans.get(rival) ?? '')
}

function isSameKind(a: RoundRequest, b: RoundRequest): boolean {
  if (a === b) return true
  for (const field of FIELDS) if (a[field] !== b[field]) return false
  return true
}

function areAllAlike<T>(all: Iterable<T>, isAlike: (a: T, b: T) => boolean): boolean {
  let first: T | undefined
  for (const one of all) {
    if (first !== undefined && !isAlike(first, one)) return false
    first ??= one
  }
  return true
}

/** Another peer is in a later round, or in a lineage that has gone on otherwise. */
export function behind(
  { sequence: ours, lineage: own }: Place,
  { peer, sequence: theirs, lineage }: Place & { readonly peer: PeerId }
): RoundError {
  const other = own === '' || own === lineage ? '' : ' of another lineage'
  return new RoundError(
    'BEHIND',
    `${peer} is in round ${theirs}${other} and this peer would be in round ${ours}: take over the others' state, or call with \`enterLate: true\` if what you bring is fit for any round`,
    { ours, theirs, lineage, peer }
  )
}
