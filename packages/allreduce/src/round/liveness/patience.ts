import type { Clock } from '@daa-compute/interface'

/** How long a round waits for members that have not joined it. */
export class Patience {
  readonly #clock: Clock
  readonly #over: () => void
  #cancel: (() => void) | undefined
  /** Whether it is over. */
  isOver = false

  constructor(clock: Clock, over: () => void) {
    this.#clock = clock
    this.#over = over
  }

  /** Begins when a caller first comes to wait for the round, and goes on from attempt to attempt. */
  start(ms: number): void {
    this.#cancel ??= this.#clock.schedule(ms, () => {
      this.isOver = true
      this.#over()
    })
  }

  /** Nobody waits any more. */
  end(): void {
    this.#cancel?.()
    this.#cancel = undefined
    this.isOver = false
  }
}
