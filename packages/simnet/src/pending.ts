/** A promise somebody waits for, with the signal by which they may give up. */
export interface Pending<T> {
  readonly promise: Promise<T>
  /** Virtual time at which the wait began, in ms. */
  readonly sinceMs: number
  resolve(value: T): void
  reject(error: Error): void
  /** Lets go of the signal and never settles: what becomes of a crashed peer's waits. */
  drop(): void
}

/**
 * @param withdraw called when the signal is aborted, before the promise rejects with its reason
 */
export function createPending<T>(
  sinceMs: number,
  signal: AbortSignal | undefined,
  withdraw: (pending: Pending<T>) => void
): Pending<T> {
  const { promise, resolve, reject } = Promise.withResolvers<T>()

  function giveUp(): void {
    withdraw(pending)
    reject(signal?.reason as Error)
  }
  function drop(): void {
    signal?.removeEventListener('abort', giveUp)
  }

  const pending: Pending<T> = {
    promise,
    sinceMs,
    resolve(value) {
      drop()
      resolve(value)
    },
    reject(error) {
      drop()
      reject(error)
    },
    drop
  }
  signal?.addEventListener('abort', giveUp, { once: true })
  return pending
}
