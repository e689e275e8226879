import type { PeerId } from '@daa-compute/interface'
import { FRESH_POSITION_MS, STALE_POSITION_MS } from '../../constants.ts'
import type { Place } from '../consensus/chain.ts'
import type { Configuration } from '../consensus/configuration.ts'
import type { AskMessage, PositionMessage } from '../wire/messages.ts'
import type { Peers } from './peers.ts'

/** What decides between lineages. */
export type LineageClaim = Pick<PositionMessage, 'lineage' | 'size' | 'counted'>

/** A member of another lineage, and what it says of that. */
export type Rival = Pick<PositionMessage, 'lineage' | 'size' | 'sequence'> & {
  readonly peer: PeerId
}

/**
 * Which of two lineages is the one to be in where they meet: the larger group's,
 * then one that has rounds behind it, then the one with the lower hash.
 */
export function isBetterLineage(a: LineageClaim, b: LineageClaim): boolean {
  if (a.size !== b.size) return a.size > b.size
  if (a.counted !== b.counted) return a.counted
  return a.lineage < b.lineage
}

/** The best of the lineages that linked peers are in, as far as they have said so lately. */
export function bestLineage(peers: Peers): string | undefined {
  let best: PositionMessage | undefined
  for (const [peer, position] of claims(peers)) {
    if (peers.ageOfPosition(peer) > STALE_POSITION_MS) continue
    if (best === undefined || isBetterLineage(position, best)) best = position
  }
  return best?.lineage
}

/**
 * What a linked peer in a better lineage than this peer's says of it, if there is one.
 *
 * @param ask has a peer say again where it is: it may have frozen since
 * @param freshMs how old what it has said may be; what is older than a second is asked for again
 */
export function findBetter(
  own: LineageClaim,
  peers: Peers,
  ask: (peer: PeerId) => void,
  freshMs: number
): Rival | undefined {
  if (!hasOther(own.lineage, peers)) return undefined
  for (const [peer, theirs] of claims(peers)) {
    if (theirs.lineage === own.lineage || !isBetterLineage(theirs, own)) continue
    const ageMs = peers.ageOfPosition(peer)
    if (ageMs > FRESH_POSITION_MS) ask(peer)
    if (ageMs <= freshMs) return { ...theirs, peer }
  }
  return undefined
}

/** A linked peer in another lineage that has enough members to go on. */
export function findRival(lineage: string, minPeers: number, peers: Peers): Rival | undefined {
  for (const [peer, theirs] of claims(peers)) {
    if (theirs.lineage === lineage || theirs.size < minPeers) continue
    return { ...theirs, peer }
  }
  return undefined
}

/**
 * Whether a peer stands where the members of a configuration do.
 *
 * @param ancestor where the members stood before they were cut off from another lineage
 */
export function isEqual(
  { lineage, sequence }: Place,
  config: Configuration,
  ancestor: Place | undefined
): boolean {
  if (sequence !== config.sequence) return false
  return (
    lineage === config.lineage ||
    (lineage === '' && sequence === 0) ||
    (lineage === ancestor?.lineage && sequence === ancestor.sequence)
  )
}

/** Whether a peer with rounds behind it looks for a group and finds itself no equal in this one. */
export function isSomebodyApart(
  config: Configuration,
  ancestor: Place | undefined,
  peers: Peers
): boolean {
  const isApart = (ask: AskMessage | undefined): boolean =>
    ask !== undefined &&
    !ask.late &&
    ask.lineage !== '' &&
    ask.sequence >= config.sequence &&
    !isEqual(ask, config, ancestor)
  return peers.linked().some((peer) => isApart(peers.asks.get(peer)))
}

/** Somebody who may found, and would take along who comes to it from less far. */
export function findFurther(
  { lineage, sequence }: Place,
  peers: Peers,
  among: readonly PeerId[]
): (Place & { readonly peer: PeerId }) | undefined {
  for (const peer of among) {
    const theirs = peers.asks.get(peer)
    if (theirs === undefined || theirs.late || !theirs.founds || theirs.lineage === '') continue
    const isFurther =
      theirs.sequence > sequence || (theirs.sequence === sequence && theirs.lineage < lineage)
    if (isFurther) return { lineage: theirs.lineage, sequence: theirs.sequence, peer }
  }
  return undefined
}

/** Whether any linked peer is in another lineage, as hardly ever one is: asked at every turn. */
function hasOther(lineage: string, peers: Peers): boolean {
  for (const peer of peers.linked()) {
    const position = peers.positions.get(peer)
    if (position !== undefined && position.size > 0 && position.lineage !== lineage) return true
  }
  return false
}

/**
 * What linked peers say of the lineages they are in. A group is believed to be as
 * large as there are voices for its lineage: one peer alone may say anything.
 */
function* claims(peers: Peers): Generator<readonly [PeerId, PositionMessage]> {
  const said: (readonly [PeerId, PositionMessage])[] = []
  const voices = new Map<string, number>()
  for (const peer of peers.linked()) {
    const position = peers.positions.get(peer)
    if (position === undefined || position.size === 0) continue
    said.push([peer, position])
    voices.set(position.lineage, (voices.get(position.lineage) ?? 0) + 1)
  }
  for (const [peer, position] of said) {
    const size = Math.min(position.size, voices.get(position.lineage) ?? 0)
    yield [peer, { ...position, size }]
  }
}
