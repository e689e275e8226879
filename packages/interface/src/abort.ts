/** The last parameter of everything that takes time. */
export interface AbortOptions {
  /**
   * Gives up waiting. The promise then rejects with `signal.reason`, and what
   * the call had taken (a stream, a timer, a buffer) is released.
   */
  readonly signal?: AbortSignal | undefined
}

/**
 * Waits for work that does not heed a signal, or that others wait for as well: the
 * signal ends this wait, and not the work.
 *
 * @throws the signal's reason as soon as it is aborted
 */
export async function unlessAborted<Result>(
  work: Promise<Result>,
  signal: AbortSignal | undefined
): Promise<Result> {
  if (signal === undefined) return await work
  const aborted = Promise.withResolvers<never>()
  const onAbort = (): void => aborted.reject(signal.reason)
  signal.addEventListener('abort', onAbort)
  if (signal.aborted) onAbort()
  try {
    // the signal first: of two that are there it is the one that counts
    return await Promise.race([aborted.promise, work])
  } finally {
    signal.removeEventListener('abort', onAbort)
  }
}
