/** A promise somebody waits for, and may stop waiting for by a signal. */
export interface Pending<T> {
  readonly promise: Promise<T>
  resolve(value: T): void
  reject(error: Error): void
}

/** @param withdraw called when the signal fires, before the promise rejects with its reason */
export function createPending<T>(
  signal: AbortSignal | undefined,
  withdraw: () => void
): Pending<T> {
  const { promise, resolve, reject } = Promise.withResolvers<T>()
  const giveUp = (): void => {
    withdraw()
    reject(signal?.reason as Error)
  }
  signal?.addEventListener('abort', giveUp, { once: true })
  const settled = (): void => signal?.removeEventListener('abort', giveUp)
  return {
    promise,
    resolve(value) {
      settled()
      resolve(value)
    },
    reject(error) {
      settled()
      reject(error)
    }
  }
}
