/** A promise somebody waits for, with the signal by which they may give up. */
export class Pending<T> {
  readonly promise: Promise<T>
  /** Virtual time at which the wait began, in ms. */
  readonly sinceMs: number

  readonly #resolve: (value: T) => void
  readonly #reject: (error: Error) => void
  #signal: AbortSignal | undefined
  #giveUp: (() => void) | undefined

  constructor(sinceMs: number) {
    this.sinceMs = sinceMs
    const { promise, resolve, reject } = Promise.withResolvers<T>()
    this.promise = promise
    this.#resolve = resolve
    this.#reject = reject
  }

  /**
   * Lets a signal end the wait.
   *
   * @param withdraw called when it is aborted, before the promise rejects with its reason
   */
  heed(signal: AbortSignal | undefined, withdraw: () => void): void {
    if (signal === undefined) return
    this.#signal = signal
    this.#giveUp = () => {
      withdraw()
      this.#reject(signal.reason as Error)
    }
    signal.addEventListener('abort', this.#giveUp, { once: true })
  }

  resolve(value: T): void {
    this.drop()
    this.#resolve(value)
  }

  reject(error: Error): void {
    this.drop()
    this.#reject(error)
  }

  /** Lets go of the signal and never settles: what becomes of a crashed peer's waits. */
  drop(): void {
    if (this.#giveUp === undefined) return
    this.#signal?.removeEventListener('abort', this.#giveUp)
    this.#giveUp = undefined
    this.#signal = undefined
  }
}
