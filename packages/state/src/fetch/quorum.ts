import type { PeerId } from '@daa-compute/interface'
import type { Vouch } from '../protocol/messages.ts'

/** Who vouches for what. */
export interface Voice {
  readonly peer: PeerId
  readonly vouch: Vouch
}

/** Who says of itself that it has no state: it has begun anew, or takes one over itself. */
export type Stateless = ReadonlySet<PeerId>

/**
 * Whether more than half of the participants a statement names make it, in the same
 * words. As it counts only whom it names itself, liars gain nothing by naming
 * themselves unless they outnumber the others in a round.
 */
export function isCanonical(
  vouch: Vouch,
  voices: readonly Voice[],
  self: PeerId,
  stateless: Stateless
): boolean {
  const words = wordsOf(vouch)
  const vouching = new Set(
    voices.filter((voice) => wordsOf(voice.vouch) === words).map(({ peer }) => peer)
  )
  return isQuorum(vouch.participants, vouching, self, stateless)
}

/**
 * Whether these are more than half of those who could say. Who was in a round and says
 * that it has no state counts neither way, as does a joiner that is named and does not
 * know: of a round in which one member let in many, only that one can vouch.
 */
export function isQuorum(
  participants: readonly PeerId[],
  vouching: ReadonlySet<PeerId>,
  self: PeerId,
  stateless: Stateless
): boolean {
  const electorate = electorateOf(participants, stateless)
  if (!vouching.has(self)) electorate.delete(self)
  let count = 0
  for (const peer of electorate) if (vouching.has(peer)) count++
  return count * 2 > electorate.size
}

/** Of those who are named, who may know. */
export function electorateOf(participants: readonly PeerId[], stateless: Stateless): Set<PeerId> {
  return new Set(participants.filter((peer) => !stateless.has(peer)))
}

/** All that a vouch says, as one text. */
export function wordsOf({
  revision,
  participants,
  layout,
  byteLength,
  blockLength,
  root
}: Vouch): string {
  const { lineage, sequence } = revision
  return JSON.stringify([
    ...[lineage, sequence, participants, byteLength, blockLength],
    ...[layout.join(), root.join()]
  ])
}
