import { FAILOVERS_MS } from '../../constants.ts'
import { quorumOf } from '../consensus/configuration.ts'
import type { QuorumDeciderInit } from '../decider-init.ts'
import type { Seat } from '../seat.ts'
import type { Slot } from '../consensus/slot.ts'

/**
 * Sees to it that nobody waits for ever for a quorum: one that is not there for a
 * while, or that does not come to decide what has to be decided, is lost.
 */
export class QuorumWatch {
  readonly #init: Pick<QuorumDeciderInit, 'clock' | 'quorumLossMs'>
  readonly #seat: Seat
  readonly #lost: (slot: Slot) => void
  #cancel: (() => void) | undefined

  constructor(
    init: Pick<QuorumDeciderInit, 'clock' | 'quorumLossMs'>,
    seat: Seat,
    lost: (slot: Slot) => void
  ) {
    this.#init = init
    this.#seat = seat
    this.#lost = lost
  }

  /** @param isAwaited whether a caller waits: otherwise there is time */
  evaluate(isAwaited: boolean): void {
    const { slot, coordination } = this.#seat
    if (slot === undefined || slot.decision !== undefined || !isAwaited) return this.stop()
    const isThere = this.#mayDecide(slot)
    if (isThere && coordination?.troubledSinceMs === undefined) return this.stop()
    this.#cancel ??= this.#init.clock.schedule(this.#patienceMs(), () =>
      this.#timeUp(slot, isThere)
    )
  }

  /** On a slow network some ballots take longer; but a round trip may have met a freeze. */
  #patienceMs(): number {
    const { quorumLossMs } = this.#init
    return Math.min(Math.max(quorumLossMs, 16 * this.#seat.rttMs()), 2 * quorumLossMs)
  }

  #timeUp(slot: Slot, wasThere: boolean): void {
    this.#cancel = undefined
    if (!wasThere || !this.#mayDecide(slot)) return this.#lost(slot)
    // it seems to be there: some coordinators may have died, one after the other
    this.#cancel = this.#init.clock.schedule(FAILOVERS_MS, () => {
      this.#cancel = undefined
      this.#lost(slot)
    })
  }

  /** Whether enough members have links, and this is their round. */
  #mayDecide(slot: Slot): boolean {
    return this.#isThere(slot) && this.#seat.coordination?.presence.isMisled !== true
  }

  /** Whether enough members have links. */
  #isThere({ config }: Slot): boolean {
    const there = 1 + (this.#seat.coordination?.presence.count() ?? 0)
    return there >= quorumOf(config.members.length)
  }

  /**
   * Whether the lineage cannot go on for want of members that are not there, and each of
   * them has been restarted or has left for good and is in no other group: nobody is left
   * who could go on with it elsewhere. Who is there has to have been heard
   * lately, or it may have gone on with those who are gone now, unheard.
   *
   * @param withinMs how lately
   */
  areAbsentGone(withinMs: number): boolean {
    const { slot, coordination } = this.#seat
    const sees = coordination?.presence.sees() ?? []
    const ranks = [...(slot?.config.members.keys() ?? [])]
    const absent = ranks.filter((rank) => rank !== slot?.rank && !sees.includes(rank))
    if (slot === undefined) return false
    // who is there and only does not answer may go on with the lineage later
    if (this.#isThere(slot) && coordination?.isUnclear !== true) return false
    const sinceMs = this.#init.clock.now() - withinMs - 2 * this.#seat.rttMs()
    const areHeard = sees.every((rank) => this.#seat.lastHeardMs(slot, rank) >= sinceMs)
    return areHeard && absent.every((rank) => coordination?.presence.isGone(rank) === true)
  }

  stop(): void {
    this.#cancel?.()
    this.#cancel = undefined
  }
}
