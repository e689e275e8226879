import type { Clock } from '@daa-compute/interface'

/** Rings once, at the earliest of the moments it was set to; after that it can be set again. */
export class Alarm {
  readonly #clock: Clock
  readonly #ring: () => void
  #at = Number.POSITIVE_INFINITY
  #cancel: (() => void) | undefined

  constructor(clock: Clock, ring: () => void) {
    this.#clock = clock
    this.#ring = ring
  }

  /** @param at ms, on the clock */
  noLaterThan(at: number): void {
    if (this.#at <= at) return
    this.#cancel?.()
    this.#at = at
    this.#cancel = this.#clock.schedule(at - this.#clock.now(), () => {
      this.#at = Number.POSITIVE_INFINITY
      this.#ring()
    })
  }

  stop(): void {
    this.#cancel?.()
    this.#at = Number.POSITIVE_INFINITY
  }
}
