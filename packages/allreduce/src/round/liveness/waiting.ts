import type { PeerId } from '@daa-compute/interface'
import type { Step } from '../membership/founding.ts'
import type { LiveAttempt } from '../attempt/live-attempt.ts'
import type { Seat } from '../seat.ts'

/** Whom a peer waits for, and why, in words a person can read. */
export function explainWaiting(
  { slot, coordination }: Seat,
  attempt: LiveAttempt | undefined,
  step: Step | undefined
): ReadonlyMap<PeerId, string> {
  const awaited = new Map<PeerId, string>()
  if (slot === undefined) {
    const why = 'it has not asked for a round yet'
    if (step?.type === 'wait') for (const peer of step.awaited) awaited.set(peer, why)
    return awaited
  }
  const { held } = slot.acceptor
  const holders = held === undefined ? [] : slot.holdersOf(held)
  for (const [rank, { peer }] of slot.config.members.entries()) {
    if (rank === slot.rank) continue
    const absence = coordination?.presence.absence(rank)
    if (absence !== undefined) awaited.set(peer, absence)
    else if (!slot.entered.has(rank)) awaited.set(peer, 'it has not joined the round')
    else if (attempt?.isVoting === true && !holders.includes(peer)) {
      awaited.set(peer, 'it has not voted')
    } else if (attempt?.progress.awaited.includes(rank) === true) {
      awaited.set(peer, 'segments of it have not come')
    }
  }
  return awaited
}
