import type { Clock, PeerId } from '@daa-compute/interface'
import { createTokenBuckets } from '../../limits/token-buckets.ts'
import type { TokenBuckets } from '../../limits/token-buckets.ts'
import { MAX_REMEMBERED_SENDERS } from './constants.ts'

/** Options of a {@link VerificationBudget}. */
export interface VerificationBudgetInit {
  readonly clock: Clock
  /** Of all senders together, per second, and at once after a rest. */
  readonly perSecond: number
  /** Of each sender, at once after a rest; it earns one per second. */
  readonly perSender: number
}

/**
 * What checking others' signatures may cost, shared out so that one who sends
 * forgeries does not starve who sends what is true.
 *
 * A signature that was good is paid back: there are no more of these than the owner
 * has signed, and an honest peer passes nothing else on. So the budget of a sender
 * is one of forgeries, and can be small.
 */
export class VerificationBudget {
  readonly #senders: TokenBuckets
  readonly #all: TokenBuckets

  constructor({ clock, perSecond, perSender }: VerificationBudgetInit) {
    const now = (): number => clock.now()
    this.#senders = createTokenBuckets({
      ...{ perSecond: 1, burst: perSender, capacity: MAX_REMEMBERED_SENDERS, now }
    })
    this.#all = createTokenBuckets({ perSecond, burst: perSecond, capacity: 1, now })
  }

  /** Takes one check out of it. @returns why there is none, if so: by the sender, or by all */
  take(sender: PeerId): 'flood' | 'busy' | undefined {
    if (!this.#senders.take(sender)) return 'flood'
    if (this.#all.take('')) return undefined
    // it was not for what this sender did
    this.#senders.giveBack(sender)
    return 'busy'
  }

  /** What the sender had checked was true. */
  giveBack(sender: PeerId): void {
    this.#senders.giveBack(sender)
    this.#all.giveBack('')
  }
}
