import type { Peers } from '../membership/peers.ts'
import type { Complaint } from '../wire/messages.ts'
import type { Presence } from './presence.ts'
import type { Proposal } from './proposal.ts'
import type { Slot } from './slot.ts'
import type { Joiner } from './succession.ts'

/** Why an attempt has to be tried again. */
export type Trouble = Pick<Proposal, 'culprit' | 'reason'>

/**
 * What is wrong with an attempt, as far as this peer can tell; `undefined` if nothing is.
 *
 * @param joiners who waits to be let in by trying the attempt again
 */
export function troubleOf(
  slot: Slot,
  peers: Peers,
  presence: Presence,
  joiners: () => readonly Joiner[]
): Trouble | undefined {
  const first = slot.complaints.size > 0 ? firstComplaint(slot) : undefined
  if (first !== undefined) return { culprit: first.culprit, reason: first.reason }
  const leaving = peers.leaving.size > 0 ? leavingOf(slot, peers, presence) : undefined
  if (leaving !== undefined) return leaving
  if (joiners().length > 0) return { culprit: undefined, reason: 'peers join the run' }
  return tardinessIn(slot, peers, presence)
}

function firstComplaint({ complaints }: Slot): Complaint | undefined {
  for (const own of complaints.values()) {
    const found = own.find(({ kind }) => kind !== 'leaving')
    if (found !== undefined) return found
  }
  return undefined
}

/** Who leaves has the others go on without it, where somebody stays. */
function leavingOf(slot: Slot, peers: Peers, presence: Presence): Trouble | undefined {
  const leaver = slot.config.members.find(({ peer }) => peers.leaving.has(peer))?.peer
  const somebodyStays = slot.config.members.some(
    ({ peer }, rank) => !peers.leaving.has(peer) && (rank === slot.rank || presence.has(rank))
  )
  if (leaver !== undefined && somebodyStays) {
    return { culprit: leaver, reason: `${leaver} leaves the run` }
  }
  return undefined
}

/** Who has joined the attempt waits no longer for who has not. */
function tardinessIn(slot: Slot, peers: Peers, presence: Presence): Trouble | undefined {
  const { impatient, config } = slot
  // nobody has waited long enough for anybody
  if (impatient.size === 0 && peers.withdrawn.size === 0) return undefined
  // who has joined and died since has no say
  const isHere = (rank: number): boolean =>
    slot.entered.has(rank) && (rank === slot.rank || presence.has(rank))
  const ranks = [...config.members.keys()]
  const entered = ranks.filter(isHere)
  if (entered.length === 0) return undefined
  const absent = ranks.filter((rank) => !slot.entered.has(rank))
  if (absent.length === 0) return undefined
  const isPatienceOver = entered.every((rank) => impatient.has(rank))
  const allWithdrew = absent.every((rank) => {
    const peer = config.members[rank]?.peer
    return peer !== undefined && peers.withdrawn.has(peer)
  })
  if (!isPatienceOver && !allWithdrew) return undefined
  const culprit = config.members[absent[0] ?? -1]?.peer
  return { culprit, reason: `${culprit} has not joined the round in time` }
}
