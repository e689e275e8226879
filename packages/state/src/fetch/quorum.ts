import type { PeerId } from '@daa-compute/interface'
import type { Vouch } from '../protocol/messages.ts'

/** Who vouches for what. */
export interface Voice {
  readonly peer: PeerId
  readonly vouch: Vouch
}

/**
 * Whether more than half of the participants a statement names make it, in the same
 * words. As it counts only whom it names itself, liars gain nothing by naming
 * themselves unless they outnumber the others in a round. A joiner that is named and
 * does not know (it missed the end of that round) counts neither way.
 */
export function isCanonical(vouch: Vouch, voices: readonly Voice[], self: PeerId): boolean {
  const words = wordsOf(vouch)
  const vouching = new Set(
    voices.filter((voice) => wordsOf(voice.vouch) === words).map(({ peer }) => peer)
  )
  return isQuorum(vouch.participants, vouching, self)
}

/** Whether these are more than half of those who could say. */
export function isQuorum(
  participants: readonly PeerId[],
  vouching: ReadonlySet<PeerId>,
  self: PeerId
): boolean {
  const electorate = new Set(participants)
  if (!vouching.has(self)) electorate.delete(self)
  let count = 0
  for (const peer of electorate) if (vouching.has(peer)) count++
  return count * 2 > electorate.size
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
