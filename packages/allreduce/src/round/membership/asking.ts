import type { Clock } from '@daa-compute/interface'
import { ASK_AGAIN_MS } from '../../constants.ts'
import { bestLineage } from './lineages.ts'
import type { AskMessage } from '../wire/messages.ts'
import type { Outbox } from '../wire/outbox.ts'
import type { Peers } from './peers.ts'

/** Asks the others for a part in a round, again whenever what it says has changed. */
export class Asking {
  readonly #clock: Clock
  readonly #outbox: Outbox
  readonly #peers: Peers
  readonly #changed: () => void
  #last: AskMessage | undefined
  #lastLineage: string | undefined
  /** Whether the others still have to be asked where they are. */
  #isQuestion = true
  #cancel: (() => void) | undefined

  constructor(clock: Clock, outbox: Outbox, peers: Peers, changed: () => void) {
    this.#clock = clock
    this.#outbox = outbox
    this.#peers = peers
    this.#changed = changed
  }

  /**
   * Tells everybody, unless they know; who may begin in the middle asks the best lineage only.
   *
   * @param message the same object as long as it says the same
   */
  ask(message: AskMessage): void {
    const lineage = message.late ? bestLineage(this.#peers) : undefined
    const isKnown = message === this.#last && lineage === this.#lastLineage
    if (isKnown || this.#cancel !== undefined) return
    this.#last = message
    this.#lastLineage = lineage
    const asked: AskMessage = { ...message, isQuestion: this.#isQuestion }
    this.#isQuestion = false
    for (const peer of this.#peers.linked()) {
      const position = this.#peers.positions.get(peer)
      const isInOther =
        lineage !== undefined && (position?.size ?? 0) > 0 && position?.lineage !== lineage
      this.#outbox.send(peer, isInOther ? { type: 'withdraw', isMisfit: false } : asked)
    }
  }

  /** Links come and go together; one message tells of all of them. */
  askAgainSoon(): void {
    this.#cancel ??= this.#clock.schedule(ASK_AGAIN_MS, () => {
      this.#cancel = undefined
      this.#last = undefined
      this.#changed()
    })
  }

  /** What was asked is answered, or not asked any more. */
  forget(): void {
    this.#last = undefined
    this.#isQuestion = true
  }

  stop(): void {
    this.#cancel?.()
    this.#cancel = undefined
  }
}
