import type { PeerId } from '@daa-compute/interface'
import type { Slot } from '../consensus/slot.ts'
import type { Outbox } from '../wire/outbox.ts'
import type { LiveAttempt } from './live-attempt.ts'
import { planTag } from './plan.ts'

/**
 * Tells the others that this peer is at work on an attempt, and how far it is. A
 * sign of life goes to those who wait for this peer's segments: they are the ones who
 * complain of silence. That it has joined, and waits no longer, is for everybody.
 */
export class Beats {
  readonly #outbox: Outbox
  readonly #needs: (peer: PeerId) => boolean
  /** What everybody has been told. */
  #told: { readonly slot: Slot; readonly patienceOver: boolean } | undefined

  /** @param needs whether values are exchanged with a peer */
  constructor(outbox: Outbox, needs: (peer: PeerId) => boolean) {
    this.#outbox = outbox
    this.#needs = needs
  }

  give(attempt: LiveAttempt): void {
    const { slot } = attempt
    const patienceOver = slot.impatient.has(slot.rank)
    const isNews = this.#told?.slot !== slot || this.#told.patienceOver !== patienceOver
    this.#told = { slot, patienceOver }
    for (const { peer } of slot.config.members) {
      if (isNews || this.#needs(peer)) this.#send(peer, attempt)
    }
  }

  /** To a member whose link is new, if the others have been told. */
  repeat(peer: PeerId, attempt: LiveAttempt): void {
    if (this.#told?.slot === attempt.slot) this.#send(peer, attempt)
  }

  #send(peer: PeerId, { slot, request, plan, progress }: LiveAttempt): void {
    const { done, offered } = progress
    const patienceOver = slot.impatient.has(slot.rank)
    const beat = { done, offered: offered.get(slot.rankOf(peer)) ?? 0, patienceOver }
    const what = { request, plan: planTag(plan) }
    this.#outbox.send(peer, { type: 'enter', ...slot.ref, ...what, ...beat })
  }
}
