import type { Clock } from '@daa-compute/interface'
import { BURST_MS, CATCH_UP_MS, MIN_BURST, URGENT_BURST, URGENT_SHARE } from './constants.ts'

/** Options of {@link createShaper}. */
export interface ShaperInit {
  /** More than 0; `Infinity` lets everything pass. */
  readonly bitsPerSecond: number
  readonly clock: Clock
}

/** Spaces out what passes in one direction, so that it keeps to a rate. */
export interface Shaper {
  /**
   * Asks for bytes to pass.
   *
   * @param urgent goes before all that is not, and past it within a share of the rate
   * @returns a promise that resolves when it is their turn, or `undefined` if that is
   * now; it rejects with the reason of whichever signal is aborted first, and nothing
   * has passed then
   */
  take(
    bytes: number,
    urgent: boolean,
    signals?: readonly (AbortSignal | undefined)[]
  ): Promise<void> | undefined
  /** What was let pass is on its way, and more would follow: time that it takes is not lost. */
  hold(): void
  /** It is there. Once for each {@link hold}. */
  release(): void
}

interface Waiting {
  readonly bytes: number
  readonly resolve: () => void
}

/**
 * A token bucket in which a frame waits until all its bytes are paid for, in order:
 * over any time no more passes than the rate allows, a small burst and the frame
 * that is due. Urgent frames have a small bucket of their own besides, and pass on
 * credit while that lasts; what waits pays for them.
 */
export function createShaper(init: ShaperInit): Shaper {
  return new TokenShaper(init)
}

class TokenShaper implements Shaper {
  readonly #clock: Clock
  /** Bytes per ms. */
  readonly #rate: number
  readonly #burst: number
  readonly #urgent: Waiting[] = []
  readonly #others: Waiting[] = []
  #held = 0
  #tokens: number
  #credit = URGENT_BURST
  #at: number
  #cancel: (() => void) | undefined

  constructor({ bitsPerSecond, clock }: ShaperInit) {
    this.#clock = clock
    this.#rate = bitsPerSecond / 8e3
    this.#burst = Math.max(MIN_BURST, this.#rate * BURST_MS)
    this.#tokens = this.#burst
    this.#at = clock.now()
  }

  take(
    bytes: number,
    urgent: boolean,
    signals: readonly (AbortSignal | undefined)[] = []
  ): Promise<void> | undefined {
    if (this.#rate === Infinity) return undefined
    this.#refill()
    if (urgent && this.#urgent.length === 0 && this.#credit >= bytes) {
      this.#credit -= bytes
      this.#tokens -= bytes
      return undefined
    }
    const isFirst = this.#urgent.length === 0 && (urgent || this.#others.length === 0)
    if (isFirst && this.#tokens >= bytes) {
      this.#tokens -= bytes
      return undefined
    }
    return this.#wait(bytes, urgent ? this.#urgent : this.#others, signals)
  }

  hold(): void {
    this.#refill()
    this.#held++
  }

  release(): void {
    this.#refill()
    this.#held--
  }

  #wait(
    bytes: number,
    queue: Waiting[],
    signals: readonly (AbortSignal | undefined)[]
  ): Promise<void> {
    return new Promise((resolve, reject) => {
      const endings = signals.map((signal) => {
        const giveUp = (): void => {
          queue.splice(queue.indexOf(waiting), 1)
          settle()
          reject(signal?.reason as Error)
          this.#arm()
        }
        signal?.addEventListener('abort', giveUp)
        return () => signal?.removeEventListener('abort', giveUp)
      })
      const settle = (): void => {
        for (const end of endings) end()
      }
      const waiting: Waiting = {
        bytes,
        resolve: () => {
          settle()
          resolve()
        }
      }
      queue.push(waiting)
      const aborted = signals.find((signal) => signal?.aborted === true)
      if (aborted === undefined) return this.#arm()
      queue.pop()
      settle()
      reject(aborted.reason as Error)
    })
  }

  #refill(): void {
    const now = this.#clock.now()
    const gained = (now - this.#at) * this.#rate
    const next = this.#urgent[0] ?? this.#others[0]
    const catchUp = next === undefined && this.#held === 0 ? 0 : this.#rate * CATCH_UP_MS
    const most = Math.max(this.#burst, next?.bytes ?? 0) + catchUp
    this.#at = now
    this.#tokens = Math.min(most, this.#tokens + gained)
    this.#credit = Math.min(URGENT_BURST, this.#credit + gained * URGENT_SHARE)
  }

  /** Sees to it that the next is let pass when it is paid for, and no earlier timer is left. */
  #arm(): void {
    this.#cancel?.()
    this.#cancel = undefined
    const next = this.#urgent[0] ?? this.#others[0]
    if (next === undefined) return
    const delayMs = (next.bytes - this.#tokens) / this.#rate
    this.#cancel = this.#clock.schedule(Math.max(0, delayMs), this.#letPass)
  }

  readonly #letPass = (): void => {
    this.#cancel = undefined
    this.#refill()
    for (const queue of [this.#urgent, this.#others]) {
      // a rounding of time must not make it wait for nothing
      while (queue[0] !== undefined && queue[0].bytes <= this.#tokens + 1e-6 * this.#burst) {
        const { bytes, resolve } = queue.shift() as Waiting
        this.#tokens -= bytes
        resolve()
      }
      if (queue.length > 0) break
    }
    this.#arm()
  }
}
