import type {
  Broadcast,
  BroadcastMessage,
  Clock,
  Logger,
  Metrics,
  Random
} from '@daa-compute/interface'
import { systemClock } from '../../system-clock.ts'
import { systemRandom } from '../../system-random.ts'
import {
  MIN_REPEAT_MS,
  NEWCOMER_DELAY_MS,
  REPEAT_MS,
  REPEAT_PACE_MS,
  VERIFICATIONS_PER_SECOND
} from './constants.ts'
import type { MembershipAdmission } from './membership-admission.ts'
import { decodeRevocations, encodeRevocations } from './revocation-message.ts'

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
  readonly #endings: (() => void)[]
  /** Revocations that nobody has told of since they were to be told. */
  #unheard = new Map<string, Uint8Array>()
  #lastMs = Number.NEGATIVE_INFINITY
  #dueMs = Number.POSITIVE_INFINITY
  #cancel: () => void = () => undefined
  #cancelPage: () => void = () => undefined
  #budget = VERIFICATIONS_PER_SECOND
  #budgetMs: number
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
    this.#budgetMs = clock.now()
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
    for (const revocation of revocations) {
      this.#hear(revocation)
      void this.#take(revocation)
    }
    // somebody has just told everything
    if (this.#unheard.size > 0) return
    this.#expectAll()
    this.#tellWithin(REPEAT_MS, 2 * REPEAT_MS)
  }

  #hear(revocation: Uint8Array): void {
    const key = keyOf(revocation)
    // in every byte, or what somebody made up with that key would silence the true one
    if (this.#unheard.get(key)?.every((byte, i) => byte === revocation[i]) === true) {
      this.#unheard.delete(key)
    }
  }

  async #take(revocation: Uint8Array): Promise<void> {
    const { admission, logger } = this.#init
    try {
      if (!admission.isNews(revocation)) return this.#received('known')
      if (!this.#mayVerify()) return this.#received('flood')
      this.#received((await admission.revoke(revocation)) ? 'new' : 'known')
      this.#expectAll()
    } catch (error) {
      this.#received('malformed')
      logger?.debug('ignored a revocation', { error })
    }
  }

  /** Signatures cost time, and anybody can ask for it. */
  #mayVerify(): boolean {
    const nowMs = this.#clock.now()
    const earned = ((nowMs - this.#budgetMs) * VERIFICATIONS_PER_SECOND) / 1000
    this.#budget = Math.min(VERIFICATIONS_PER_SECOND, this.#budget + earned)
    this.#budgetMs = nowMs
    if (this.#budget < 1) return false
    this.#budget--
    return true
  }

  #expectAll(): void {
    const known = this.#init.admission.revocations()
    this.#unheard = new Map(known.map((revocation) => [keyOf(revocation), revocation]))
  }
}

/** What tells true revocations apart: their length, and their last bytes, of a signature. */
function keyOf(revocation: Uint8Array): string {
  return [revocation.length, ...revocation.subarray(-32)].join()
}
