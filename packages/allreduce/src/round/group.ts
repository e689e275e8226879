import { comparePeerIds, type Hasher, type PeerId, type Plan } from '@daa-compute/interface'
import { chooseSegmentLength } from '../executor/layout.ts'
import { ALGORITHMS } from '../schedule/algorithms.ts'
import type { RoundError } from './errors.ts'
import type { JoinMessage } from './messages.ts'
import { kindOf, mismatch } from './misfits.ts'
import { mutuallyListed } from './mutually-listed.ts'
import { createPlan } from './plan.ts'
import type { Surroundings } from './surroundings.ts'

/** What a group is chosen from, as one peer sees it. */
export interface GroupView {
  readonly run: string
  readonly self: PeerId
  readonly incarnation: string
  readonly hasher: Hasher
  readonly surroundings: Surroundings
  /** Peers that have joined, this one included, in the order of ranks. */
  readonly joined: readonly PeerId[]
  /** What this peer has joined with. */
  readonly own: JoinMessage
}

/** Those who bring the same as this peer; or, if others are not fewer, what is wrong. */
export function likeMinded(
  view: GroupView
): { readonly group: readonly PeerId[] } | { readonly rival: RoundError } {
  const { joined, own } = view
  const kinds = Map.groupBy(joined, (peer) => kindOf(joinOf(view, peer)))
  const group = kinds.get(kindOf(own)) ?? []
  const rivals = [...kinds.values()].find((kind) => kind !== group && kind.length >= group.length)
  const rival = rivals?.[0]
  return rival === undefined ? { group } : { rival: mismatch(rival, own, joinOf(view, rival)) }
}

/** Those whom all of them can reach, judging by whom each last saw in this round. */
export function reachableByAll(view: GroupView, members: readonly PeerId[]): readonly PeerId[] {
  const { own, self, surroundings, joined } = view
  const lists = new Map<PeerId, readonly PeerId[]>([[self, joined]])
  for (const peer of members) {
    const theirs = surroundings.proposals.get(peer)
    if (theirs?.sequence === own.sequence) lists.set(peer, theirs.sees)
  }
  return mutuallyListed(members, lists)
}

/** The plan of a group: the same at every member that sees the same joins. */
export function planFor(view: GroupView, group: readonly PeerId[]): Plan {
  const { run, self, incarnation, own, hasher, surroundings } = view
  const { dtype, length, codec, algorithm } = own.request
  const { lineage, sequence, attempt } = own
  const up = surroundings.up()
  const members = group.toSorted(comparePeerIds).map((peer) => ({
    peer,
    incarnation: peer === self ? incarnation : (up.get(peer) ?? ''),
    weight: joinOf(view, peer).request.weight
  }))
  const id = { run, lineage, sequence, attempt }
  const contents = { id, members, dtype, length, codec, algorithm }
  const chunks = ALGORITHMS[algorithm].chunks(members.length)
  return createPlan({ ...contents, segmentLength: chooseSegmentLength(length, chunks) }, hasher)
}

function joinOf({ self, surroundings, own }: GroupView, peer: PeerId): JoinMessage {
  return peer === self ? own : (surroundings.joins.get(peer) ?? own)
}
