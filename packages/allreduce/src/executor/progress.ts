interface Waiter {
  readonly segment: number
  readonly resolve: () => void
  readonly reject: (error: Error) => void
}

/**
 * How many segments of each step are done, and who waits for more. Segments of
 * a step are done in order, so a count says it all.
 */
export class Progress {
  readonly #done: Uint32Array
  readonly #waiters = new Map<number, Waiter[]>()
  #failure: Error | undefined

  constructor(steps: number) {
    this.#done = new Uint32Array(steps)
  }

  /** One more segment of the step is done. */
  advance(step: number): void {
    const done = (this.#done[step] ?? 0) + 1
    this.#done[step] = done
    const waiters = this.#waiters.get(step)
    if (waiters === undefined) return
    const still = waiters.filter((waiter) => waiter.segment >= done)
    if (still.length > 0) this.#waiters.set(step, still)
    else this.#waiters.delete(step)
    for (const waiter of waiters) if (waiter.segment < done) waiter.resolve()
  }

  /**
   * Waits until a segment of a step is done; `undefined`, without a promise, when
   * that is so already, which in a steady flow it mostly is, or there is no step.
   */
  reached(step: number | undefined, segment: number): Promise<void> | undefined {
    if (step === undefined || (this.#done[step] ?? 0) > segment) return undefined
    if (this.#failure !== undefined) return Promise.reject(this.#failure)
    return new Promise((resolve, reject) => {
      const waiters = this.#waiters.get(step) ?? []
      waiters.push({ segment, resolve, reject })
      this.#waiters.set(step, waiters)
    })
  }

  /** Rejects everybody who waits now or later. */
  fail(error: Error): void {
    this.#failure ??= error
    const waiting = [...this.#waiters.values()].flat()
    this.#waiters.clear()
    for (const waiter of waiting) waiter.reject(error)
  }
}
