import type { Clock } from '@daa-compute/interface'
import { UPLOAD_BURST_MS } from '../constants.ts'
import { pauseOf } from '../timing.ts'

/**
 * Bits per second that all joiners share, in the order in which they ask; each has one
 * answer on its way at a time, so the order is a turn for each. A leaky bucket as a
 * meter, in the form of the virtual scheduling algorithm (ITU-T I.371): one moment
 * from which on there is room again, and no balance to keep.
 */
export class UploadBudget {
  readonly #clock: Clock
  readonly #bytesPerMs: number
  #freeAt = -Infinity
  #last: Promise<void> = Promise.resolve()

  constructor(clock: Clock, bitsPerSecond: number) {
    this.#clock = clock
    this.#bytesPerMs = bitsPerSecond / 8000
  }

  /** Resolves when as many bytes may be sent; those of whoever gives up before are left for others. */
  async take(byteLength: number, signal: AbortSignal): Promise<void> {
    if (this.#bytesPerMs === Infinity) return
    const before = this.#last
    const { promise, resolve } = Promise.withResolvers<void>()
    this.#last = promise
    await before
    if (!signal.aborted) await this.#pay(byteLength, signal)
    resolve()
  }

  async #pay(byteLength: number, signal: AbortSignal): Promise<void> {
    const now = this.#clock.now()
    const freeAt = this.#freeAt
    this.#freeAt = Math.max(freeAt, now - UPLOAD_BURST_MS) + byteLength / this.#bytesPerMs
    if (this.#freeAt <= now) return
    await pauseOf(this.#clock, this.#freeAt - now, signal)
    // nobody else has had a turn meanwhile
    if (signal.aborted) this.#freeAt = freeAt
  }
}
