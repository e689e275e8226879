import type {
  Broadcast,
  BroadcastMessage,
  Clock,
  Logger,
  Metrics,
  PeerId,
  Random
} from '@daa-compute/interface'
import { systemClock } from '../../system-clock.ts'
import { systemRandom } from '../../system-random.ts'
import {
  MIN_REPEAT_MS,
  NEWCOMER_DELAY_MS,
  REPEAT_MS,
  REPEAT_PACE_MS,
  VERIFICATIONS_PER_SECOND,
  VERIFICATIONS_PER_SENDER
} from './constants.ts'
import type { MembershipAdmission } from './membership-admission.ts'
import { decodeRevocations, encodeRevocations } from './revocation-message.ts'
import { Unheard } from './unheard.ts'
import { VerificationBudget } from './verification-budget.ts'

/** What {@link spreadRevocations} takes. */
export interface SpreadInit {
  readonly admission: MembershipAdmission
  readonly broadcast: Broadcast
  /** The run's own for this. */
  readonly topic: string
  /** Default: the system's */
  readonly clock?: Clock | undefined
  /** Default: the system's */
  readonly random?: Random | undefined
  readonly metrics?: Metrics | undefined
  readonly logger?: Logger | undefined
  /** Forged signatures that are checked per second, of all senders. Default: 100 */
  readonly verificationsPerSecond?: number | undefined
  /** Of these, how many one sender may have at once; it earns one per second. Default: 8 */
  readonly verificationsPerSender?: number | undefined
}

/** Revocations on their way between the members of a run. */
export interface RevocationSpread {
  /** Tells the others of what this peer has learned by other ways than this. */
  publish(): void
  /** Idempotent. */
  stop(): void
}

/**
 * Tells the peers of a run who is revoked, and learns it from them. Who says it does
 * not matter: revocations are signed by the owner.
 *
 * What is known is told at once when it is new here, again when somebody comes, and
 * every one to two minutes. Who hears all of it from another keeps quiet.
 */
export function spreadRevocations(init: SpreadInit): RevocationSpread {
  return new Spread(init)
}

class Spread implements RevocationSpread {
  readonly #init: SpreadInit
  readonly #clock: Clock
  readonly #random: Random
  readonly #received: (outcome: string) => void
  readonly #budget: VerificationBudget
  readonly #endings: (() => void)[]
  readonly #unheard = new Unheard()
  #lastMs = Number.NEGATIVE_INFINITY
  #dueMs = Number.POSITIVE_INFINITY
  #cancel: () => void = () => undefined
  #cancelPage: () => void = () => undefined
  #stopped = false

  constructor(init: SpreadInit) {
    this.#init = init
    const { broadcast, topic, clock = systemClock, random = systemRandom, metrics } = init
    this.#clock = clock
    this.#random = random
    const counter = metrics?.counter('daa_revocations_received_total', {
      help: 'Revocations received by broadcast, by what became of them'
    })
    this.#received = (outcome) => counter?.add(1, { outcome })
    this.#budget = new VerificationBudget({
      clock,
      perSecond: init.verificationsPerSecond ?? VERIFICATIONS_PER_SECOND,
      perSender: init.verificationsPerSender ?? VERIFICATIONS_PER_SENDER
    })
    this.#endings = [
      broadcast.subscribe(topic, (message) => this.#receive(message)),
      broadcast.onSubscriber(topic, () => this.#tellSoon(NEWCOMER_DELAY_MS))
    ]
    this.#expectAll()
    this.#tellWithin(REPEAT_MS, 2 * REPEAT_MS)
    if (init.admission.revocations().length > 0) this.publish()
  }

  publish(): void {
    if (!this.#stopped) this.#schedule(this.#clock.now())
  }

  stop(): void {
    this.#stopped = true
    this.#cancel()
    this.#cancelPage()
    for (const end of this.#endings.splice(0)) end()
  }

  /** Somebody may not know: one of those who do says it soon, and rarely. */
  #tellSoon(withinMs: number): void {
    this.#expectAll()
    const earliest = Math.max(this.#clock.now(), this.#lastMs + MIN_REPEAT_MS)
    const atMs = earliest + this.#random.next() * withinMs
    if (atMs < this.#dueMs) this.#schedule(atMs)
  }

  #tellWithin(fromMs: number, toMs: number): void {
    this.#schedule(this.#clock.now() + fromMs + this.#random.next() * (toMs - fromMs))
  }

  #schedule(atMs: number): void {
    if (this.#stopped) return
    this.#cancel()
    this.#dueMs = atMs
    this.#cancel = this.#clock.schedule(atMs - this.#clock.now(), () => this.#tell())
  }

  #tell(): void {
    const { admission, broadcast } = this.#init
    this.#lastMs = this.#clock.now()
    this.#expectAll()
    this.#tellWithin(REPEAT_MS, 2 * REPEAT_MS)
    this.#cancelPage()
    this.#send(encodeRevocations(admission.revocations(), broadcast.maxMessageLength))
  }

  /** One message after the other: a burst would be taken for a flood. */
  #send(messages: readonly Uint8Array[]): void {
    const [message, ...rest] = messages
    if (message === undefined || this.#stopped) return
    const { broadcast, topic, logger } = this.#init
    broadcast.publish(topic, message).catch((error: unknown) => {
      logger?.debug('could not tell of revocations; will try again', { topic, error })
    })
    if (rest.length > 0) {
      this.#cancelPage = this.#clock.schedule(REPEAT_PACE_MS, () => this.#send(rest))
    }
  }

  #receive({ topic, data, from }: BroadcastMessage): void {
    if (this.#stopped || topic !== this.#init.topic) return
    let revocations: readonly Uint8Array[]
    try {
      revocations = decodeRevocations(data)
    } catch (error) {
      this.#received('malformed')
      this.#init.logger?.debug('ignored malformed revocations', { from, error })
      return
    }
    for (const revocation of revocations) this.#unheard.hear(revocation)
    void this.#takeAll(revocations, from)
    // somebody has just told everything
    if (!this.#unheard.isEmpty) return
    this.#expectAll()
    this.#tellWithin(REPEAT_MS, 2 * REPEAT_MS)
  }

  /** One after the other, so that each good one pays for the next. */
  async #takeAll(revocations: readonly Uint8Array[], from: PeerId): Promise<void> {
    for (const revocation of revocations) {
      // the run may be over meanwhile
      if (this.#stopped) return
      await this.#take(revocation, from)
    }
  }

  async #take(revocation: Uint8Array, from: PeerId): Promise<void> {
    const { admission, logger } = this.#init
    try {
      if (!admission.isNews(revocation)) return this.#received('known')
      const refused = this.#budget.take(from)
      if (refused !== undefined) return this.#received(refused)
      const isNew = await admission.revoke(revocation)
      this.#budget.giveBack(from)
      this.#received(isNew ? 'new' : 'known')
      this.#expectAll()
    } catch (error) {
      this.#received('malformed')
      logger?.debug('ignored a revocation', { from, error })
    }
  }

  #expectAll(): void {
    this.#unheard.expect(this.#init.admission.revocations())
  }
}
