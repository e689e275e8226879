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

  constructor(clock: Clock, bitsPerSecond: number) {
    this.#clock = clock
    this.#bytesPerMs = bitsPerSecond / 8000
  }

  /** Resolves when as many bytes may be sent. */
  async take(byteLength: number, signal: AbortSignal): Promise<void> {
    if (this.#bytesPerMs === Infinity) return
    const now = this.#clock.now()
    const start = Math.max(this.#freeAt, now - UPLOAD_BURST_MS)
    this.#freeAt = start + byteLength / this.#bytesPerMs
    if (this.#freeAt > now) await pauseOf(this.#clock, this.#freeAt - now, signal)
  }
}
