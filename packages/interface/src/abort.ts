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

/** A signal that fires with the first of several, or by itself, unless disposed of. */
export interface JoinedSignal extends Disposable {
  readonly signal: AbortSignal
  /** Fires it now; nothing happens if it has fired. */
  abort(reason?: unknown): void
}

/**
 * Joins signals for the time of one piece of work. Unlike `AbortSignal.any`, whose
 * signals a platform keeps for as long as somebody listens and none has fired, it holds
 * nothing that belongs to work which never ends.
 *
 * @param signals left out where `undefined`
 */
export function joinSignals(...signals: readonly (AbortSignal | undefined)[]): JoinedSignal {
  const controller = new AbortController()
  const endings: (() => void)[] = []
  for (const signal of signals) {
    if (signal === undefined) continue
    const forward = (): void => controller.abort(signal.reason)
    if (signal.aborted) forward()
    else {
      signal.addEventListener('abort', forward)
      endings.push(() => signal.removeEventListener('abort', forward))
    }
  }
  return {
    signal: controller.signal,
    abort: (reason) => controller.abort(reason),
    [Symbol.dispose]() {
      for (const end of endings.splice(0)) end()
    }
  }
}
