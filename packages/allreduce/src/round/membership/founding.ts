import { comparePeerIds, type PeerId, type PlanMember } from '@daa-compute/interface'
import type { RoundError } from '../errors.ts'
import type { AskMessage } from '../wire/messages.ts'
import { findFurther } from './lineages.ts'
import { behind, kindOf, mismatch } from './misfits.ts'
import { mutuallyListed } from './mutually-listed.ts'
import type { Peers } from './peers.ts'

/** A peer that wants a part in a round and is in no configuration. */
export interface Seeker {
  readonly self: PeerId
  readonly incarnation: string
  /** What it has told the others. */
  readonly ask: AskMessage
  readonly minPeers: number
  /** When it began to seek, ms: who is alive has answered since. */
  readonly sinceMs: number
  /** Whether it waits no longer for peers that have not asked. */
  readonly isPatienceOver: boolean
  /** Whether it has just made room to be let in by others. */
  readonly isMovingOn: boolean
  /** Whether it goes on alone if need be: it was cut off from its lineage. */
  readonly isForking: boolean
  /** Whether it rather takes over others' state than wait much longer to be let in by them. */
  readonly isYielding: boolean
}

/** What a seeker does next. */
export type Step =
  | { readonly type: 'wait'; readonly awaited: readonly PeerId[] }
  | { readonly type: 'fail'; readonly error: RoundError }
  | { readonly type: 'found'; readonly members: readonly PlanMember[] }

/**
 * How a peer without a configuration gets into one: by being admitted to one that
 * exists, or, if there is none, by founding one with all who ask like it. The
 * lowest of them does; should two found at once, everybody goes with the better
 * one while neither has done anything.
 */
export function seek(seeker: Seeker, peers: Peers): Step {
  const { ask } = seeker
  const { isPatienceOver, sinceMs } = seeker
  // who is alive has answered: what a frozen peer said last holds nobody up for ever
  const linked = peers
    .linked()
    .filter((peer) => !isPatienceOver || peers.lastHeardMs(peer) >= sinceMs)
  const seated = linked.filter((peer) => (peers.positions.get(peer)?.size ?? 0) > 0)
  if (seeker.isMovingOn && seated.length > 0) return { type: 'wait', awaited: seated }
  const fellows = linked.filter((peer) => isFellow(peers.asks.get(peer), ask))
  const established = seated.filter(
    (peer) => (peers.positions.get(peer)?.sequence ?? 0) >= ask.sequence
  )
  const [first] = established
  if (first !== undefined) {
    if (ask.late) return { type: 'wait', awaited: established }
    const ahead = established.filter(
      (peer) => (peers.positions.get(peer)?.sequence ?? 0) > ask.sequence
    )
    const current = established.length - ahead.length
    // those who stand where it does let it in soon, or are too few to go on themselves
    const isInVain = isPatienceOver && ahead.length > current
    if (current > 0 && !isInVain) {
      const isApart =
        ask.lineage !== '' && !established.some((peer) => isOf(ask.lineage, peer, peers))
      if (!seeker.isYielding || !isApart) return { type: 'wait', awaited: established }
      return { type: 'fail', error: behindOf(first, ask, peers) }
    }
    // a single voice is not believed against peers that stand, or may, where this one does
    const others = linked.filter((peer) => !established.includes(peer))
    const rivals = isPatienceOver ? fellows : others
    // who may not found has nothing to begin with those who stand where it does, nor they with it
    const isHopeless = fellows.every((peer) => peers.asks.get(peer)?.founds === false)
    const isLeftOut = isPatienceOver && !ask.founds && ahead.length > (isHopeless ? 0 : 1)
    if (ahead.length > rivals.length || isLeftOut) {
      const [leader = first] = ahead
      return { type: 'fail', error: behindOf(leader, ask, peers) }
    }
  }

  const further = linked.some((peer) => (peers.asks.get(peer)?.sequence ?? 0) > ask.sequence)
  if (ask.late && further) return { type: 'wait', awaited: [] }
  const awaited = linked.filter(
    (peer) => !peers.asks.has(peer) && !established.includes(peer) && !peers.withdrawn.has(peer)
  )
  if (awaited.length > 0 && !isPatienceOver) return { type: 'wait', awaited }
  return together(seeker, peers, fellows, linked)
}

function together(
  seeker: Seeker,
  peers: Peers,
  fellows: readonly PeerId[],
  linked: readonly PeerId[]
): Step {
  const { self, incarnation, ask, minPeers, sinceMs, isForking } = seeker
  const askOf = (peer: PeerId): AskMessage => (peer === self ? ask : (peers.asks.get(peer) ?? ask))
  const kinds = Map.groupBy([self, ...fellows], (peer) => kindOf(askOf(peer).request))
  const ours = kinds.get(kindOf(ask.request)) ?? []
  const rivals = [...kinds.values()].find((kind) => kind !== ours && kind.length >= ours.length)
  if (rivals !== undefined) {
    // what a frozen peer asked for last is no reason to give up
    const rival = rivals.find((peer) => peers.lastHeardMs(peer) >= sinceMs)
    if (rival === undefined) return { type: 'wait', awaited: rivals }
    return { type: 'fail', error: mismatch(rival, ask.request, askOf(rival).request) }
  }
  // who may begin in the middle can begin with these, but does not found for them
  const late = linked.filter(
    (peer) => !fellows.includes(peer) && peers.asks.get(peer)?.late === true
  )
  const all = [...ours, ...late]
  const lists = new Map(all.map((peer) => [peer, [peer, ...askOf(peer).sees]]))
  const group = mutuallyListed(all, lists).toSorted(comparePeerIds)
  // who has nothing behind it would make room at once for somebody who has
  const foundsAlone = isForking && !(ask.lineage === '' && isBesideOthers(ask, peers, linked))
  if (!group.includes(self) || (group.length < minPeers && !foundsAlone)) {
    const misfit = findMisfit(ask, peers)
    if (misfit !== undefined) return { type: 'fail', error: misfit }
    const further = seeker.isYielding ? findFurther(ask, peers, linked) : undefined
    if (further !== undefined) return { type: 'fail', error: behind(ask, further) }
    return { type: 'wait', awaited: [] }
  }
  const founder = group.find((peer) => ours.includes(peer) && askOf(peer).founds)
  if (founder !== self) {
    return { type: 'wait', awaited: founder === undefined ? [] : [founder] }
  }
  const members = group.map((peer) => ({
    peer,
    incarnation: peer === self ? incarnation : (peers.incarnationOf(peer) ?? ''),
    ...askOf(peer).budget
  }))
  return { type: 'found', members }
}

/** Whether somebody with rounds behind it looks for a group, too. */
function isBesideOthers(ask: AskMessage, peers: Peers, linked: readonly PeerId[]): boolean {
  return linked.some((peer) => {
    const theirs = peers.asks.get(peer)
    return theirs !== undefined && !theirs.late && theirs.lineage !== '' && !isFellow(theirs, ask)
  })
}

/** A peer that would have made one more, but brings something else and has given up. */
function findMisfit(ask: AskMessage, peers: Peers): RoundError | undefined {
  for (const [peer, theirs] of peers.misfits) {
    if (!isFellow(theirs, ask) || kindOf(theirs.request) === kindOf(ask.request)) continue
    return mismatch(peer, ask.request, theirs.request)
  }
  return undefined
}

function isOf(lineage: string, peer: PeerId, peers: Peers): boolean {
  return peers.positions.get(peer)?.lineage === lineage
}

function behindOf(leader: PeerId, ask: AskMessage, peers: Peers): RoundError {
  const { sequence = 0, lineage = '' } = peers.positions.get(leader) ?? {}
  return behind(ask, { sequence, lineage, peer: leader })
}

function isFellow(theirs: AskMessage | undefined, ours: AskMessage): boolean {
  return theirs?.lineage === ours.lineage && theirs.sequence === ours.sequence
}
