import type { PeerId, Verdict } from '@daa-compute/interface'
import { FORK_SETTLE_MS, FRESH_POSITION_MS, STALE_POSITION_MS } from '../../constants.ts'
import type { Caller } from '../caller.ts'
import type { Place } from '../consensus/chain.ts'
import type { Slot } from '../consensus/slot.ts'
import type { QuorumDeciderInit } from '../decider-init.ts'
import { quorumLost } from '../errors.ts'
import type { Seat } from '../seat.ts'
import type { Outbox } from '../wire/outbox.ts'
import { findBetter, findFurther, findRival, isSomebodyApart, type Rival } from './lineages.ts'
import { behind } from './misfits.ts'
import type { Peers } from './peers.ts'

export interface MovingInit {
  readonly decider: QuorumDeciderInit
  readonly seat: Seat
  readonly peers: Peers
  readonly outbox: Outbox
  readonly caller: Caller
  /** Whether all members that are not there are gone for good. */
  areAbsentGone(): boolean
  /** Fails the call that waits. */
  fail(error: Error): void
  /** Gives up the seat. */
  close(): void
  changed(): void
}

/**
 * When a peer leaves a configuration for good, how, and what it may do then. What it
 * has promised in one it left is forgotten, so it never comes back to that.
 */
export class Moving {
  /** Whether it goes on alone if need be: it was cut off from its lineage. */
  isForking = false
  /** Where it stood when it was cut off: those who stood there with it are its equals. */
  ancestor: Place | undefined
  readonly #init: MovingInit
  /** Whether nobody else was in the lineage it has left: without it, that lineage ends. */
  #wasLast = false
  /**
   * Set for a while after it has left: others who were cut off find it out at other
   * moments, and whoever lets it in takes a while.
   */
  #cancelSettling: (() => void) | undefined

  /** The lineage it has moved out for: whether it is let in there is known soon. */
  #tried: string | undefined

  constructor(init: MovingInit) {
    this.#init = init
  }

  get isSettling(): boolean {
    return this.#cancelSettling !== undefined
  }

  /** Whether it has just made room to be let in elsewhere. */
  get isMovingOn(): boolean {
    return this.isSettling && this.#tried !== undefined
  }

  /** Whether it may found: who was left out of a lineage with rounds behind it must not begin another beside it. */
  get mayFound(): boolean {
    const { caller, decider } = this.#init
    const isFirst = caller.place.lineage === ''
    return isFirst || this.isForking || this.#wasLast || decider.onQuorumLoss === 'fork'
  }

  /** It is in a configuration again, or left out of one; an unused one may still come to nothing. */
  onOpened(): void {
    const { slot, isUnused } = this.#init.seat
    if (slot === undefined || !isUnused) this.#wasLast = false
  }

  /** A round counts: it has a lineage to be true to. */
  onCommitted(): void {
    this.ancestor = undefined
    this.isForking = false
    this.#tried = undefined
  }

  stop(): void {
    this.#cancelSettling?.()
    this.#cancelSettling = undefined
  }

  /**
   * Whether another lineage is the one to be in. Who has counted nothing of its own
   * has nothing to lose; others move only if what they bring is fit for any round.
   */
  shouldMove({ config, acceptor }: Slot): boolean {
    const { seat, caller, decider, peers } = this.#init
    const { isUnused } = seat
    const mayMove = isUnused
      ? acceptor.accepted === undefined
      : caller.call?.late === true && caller.attempt === undefined
    if (!mayMove || !caller.isAwaited) return false
    // nothing comes of a group of such as bring nothing
    const isLacking = config.members.length < decider.minPeers || caller.call?.founds === false
    const makesRoom = isUnused && isLacking && !this.#isBound
    if (makesRoom && isSomebodyApart(config, this.ancestor, peers)) return true
    const better = this.#better()
    return better !== undefined && this.#mayTry(better) && !this.#isAheadOf(better)
  }

  /**
   * Whether the caller has rounds behind it and yields: it comes to others when it is told
   * BEHIND. Two of them that made room for each other would do so for ever.
   */
  get #isBound(): boolean {
    const { call, place } = this.#init.caller
    return call?.yields === true && !call.late && place.lineage !== ''
  }

  /** Whether it has not been there before in vain; who may begin anywhere is let in sooner or later. */
  #mayTry({ lineage }: Rival): boolean {
    return lineage !== this.#tried || this.#init.caller.call?.late === true
  }

  /** Whether those in a better lineage would not let the caller in as it is: they have rounds less. */
  #isAheadOf({ sequence }: Rival): boolean {
    return this.#isBound && sequence < this.#init.caller.place.sequence
  }

  /** Fails the call of a peer that yields, if it would go on in another lineage than the best. */
  considerYielding({ config }: Slot): void {
    const { seat, caller, fail } = this.#init
    const { call, attempt, place } = caller
    if (call?.yields !== true || call.late || attempt !== undefined) return
    const better = this.#better()
    if (better === undefined) return
    // who has counted nothing there moves by itself
    const movesByItself = seat.isUnused || place.lineage !== config.lineage
    const mayMove = movesByItself && this.#mayTry(better) && !this.#isAheadOf(better)
    if (!mayMove) fail(behind(place, better))
  }

  /** Goes, if nobody needs its vote to go on without it; otherwise asks them to. */
  moveOut(slot: Slot): void {
    const { seat, peers, decider, changed } = this.#init
    const isNeeded = !seat.isUnused && this.staysSomebody(slot)
    if (isNeeded) {
      peers.leaving.add(decider.self)
      seat.complain(slot, { kind: 'leaving', culprit: undefined, reason: 'it moves on' })
      return
    }
    this.#wasLast ||= !seat.isUnused
    // time to be let in there, before it founds once more
    this.#tried = this.#better()?.lineage
    this.#settle()
    const reason = 'there is a better lineage'
    this.quit(slot, { type: 'left', reason }, new Error(reason))
    changed()
  }

  /** Whether another member is there that does not leave as well. */
  staysSomebody({ config }: Slot): boolean {
    const { seat, peers, decider } = this.#init
    return config.members.some(
      ({ peer }, rank) =>
        peer !== decider.self &&
        !peers.leaving.has(peer) &&
        seat.coordination?.presence.absence(rank) === undefined
    )
  }

  /** Too few are left of this lineage for a round. */
  considerRival(slot: Slot): void {
    const { caller, peers, decider, fail } = this.#init
    const { call, place } = caller
    // who may begin anywhere goes there itself, as soon as it is bound to nothing here
    if (call?.late === true) return
    const error = this.#rivalOf(slot)
    if (error !== undefined) return fail(error)
    // nor in the better one, maybe; together there are enough
    const better = this.#better()
    const isEnough =
      better !== undefined && better.size + slot.config.members.length >= decider.minPeers
    if (isEnough) return fail(behind(place, better))
    // who looks for a group and is further does not come here
    const mayYield = call?.yields === true && call.isHurried
    const further = mayYield ? findFurther(place, peers, peers.linked()) : undefined
    if (further !== undefined) fail(behind(place, further))
  }

  loseQuorum(slot: Slot): void {
    const { seat, caller, decider, areAbsentGone, fail, changed } = this.#init
    if (seat.slot !== slot || slot.decision !== undefined) return
    const missing = seat.missing()
    const rival = this.#rivalOf(slot)
    const isUnclear = seat.coordination?.isUnclear === true
    const error = rival ?? quorumLost(slot.config.members.length, missing, isUnclear)
    const left = { type: 'left', reason: error.message } as const
    const attempt = caller.attemptIn(slot)
    if (seat.coordination?.presence.isMisled === true) {
      seat.visited.disown(slot.config)
      this.quit(slot, left, new Error('the decision that led here was none'))
    } else if (decider.onQuorumLoss === 'fork' || areAbsentGone()) {
      // the dead train no model of their own
      this.isForking = true
      this.ancestor = caller.place
      this.#settle()
      this.quit(slot, left, new Error(error.message))
    } else if (rival !== undefined && caller.call?.late === true) {
      // it may begin with those who can go on
      this.quit(slot, left, rival)
    } else if (seat.isUnused) {
      // no round of the lineage is lost with it, but the others may count what they were sent
      const hasSent = attempt !== undefined && attempt.progress.offered.size > 0
      if (hasSent) this.quit(slot, { type: 'unknown', missing }, error)
      else this.quit(slot, left, new Error(error.message))
    } else if (attempt === undefined) fail(error)
    else attempt.settle({ type: 'unknown', missing }, error)
    changed()
  }

  /** The others are so far ahead that they cannot tell any more what was decided here. */
  loseTrack(slot: Slot): void {
    const reason = 'the others are far ahead'
    const hasVoted = slot.acceptor.accepted !== undefined
    const verdict: Verdict = hasVoted ? { type: 'unknown', missing: [] } : { type: 'left', reason }
    this.quit(slot, verdict, new Error(reason))
    this.#init.changed()
  }

  /** Leaves a configuration that is undecided, for good: whatever it promised there, it votes no more. */
  quit(slot: Slot, verdict: Verdict, reason: Error): void {
    const { seat, caller, close } = this.#init
    const attempt = caller.attemptIn(slot)
    if (attempt !== undefined) caller.isInDoubt = true
    seat.complain(slot, { kind: 'quit', culprit: undefined, reason: reason.message })
    close()
    seat.tellPosition()
    attempt?.settle(verdict, reason)
  }

  #better(): Rival | undefined {
    const { seat, peers, outbox, caller, decider } = this.#init
    const { call } = caller
    const position = seat.position()
    // rounds may be further apart than news stay fresh: who yields goes by the last answer,
    // and who comes late by what it was told before it took over a state
    const newsMs = call?.yields === true ? decider.clock.now() - call.newsSinceMs : 0
    const freshMs = Math.max(call?.late === true ? STALE_POSITION_MS : FRESH_POSITION_MS, newsMs)
    const ask = (peer: PeerId): void =>
      outbox.once(peer, 'where', { ...position, isQuestion: true })
    return findBetter(position, peers, ask, freshMs)
  }

  /** If there are enough in another lineage, that has the state to take over. */
  #rivalOf({ config }: Slot): Error | undefined {
    const { caller, decider, peers } = this.#init
    const { lineage } = caller.place
    if (lineage !== config.lineage) return undefined
    const rival = findRival(lineage, decider.minPeers, peers)
    return rival && behind(caller.place, rival)
  }

  #settle(): void {
    const { decider, changed } = this.#init
    this.#cancelSettling ??= decider.clock.schedule(FORK_SETTLE_MS, () => {
      this.#cancelSettling = undefined
      changed()
    })
  }
}
