import type { Clock } from '@daa-compute/interface'

/** A signal that fires by itself after a while, unless disposed of. */
export interface Deadline extends Disposable {
  readonly signal: AbortSignal
  /** Whether it was the time that fired it. */
  readonly hasPassed: boolean
  /** Fires it now. */
  abort(reason: Error): void
}

/** @param parent a signal that fires this one, too */
export function createDeadline(clock: Clock, ms: number, parent?: AbortSignal): Deadline {
  const controller = new AbortController()
  let hasPassed = false
  const cancel = clock.schedule(ms, () => {
    hasPassed = true
    controller.abort(new DOMException(`it took longer than ${ms} ms`, 'TimeoutError'))
  })
  const forward = (): void => controller.abort(parent?.reason)
  if (parent?.aborted === true) forward()
  else parent?.addEventListener('abort', forward)
  return {
    signal: controller.signal,
    get hasPassed() {
      return hasPassed
    },
    abort: (reason) => controller.abort(reason),
    [Symbol.dispose]() {
      cancel()
      parent?.removeEventListener('abort', forward)
    }
  }
}

/** Waits for work that may not heed the signal. @throws the signal's reason once it is aborted */
export async function unlessAborted<Result>(
  work: Promise<Result>,
  signal: AbortSignal | undefined
): Promise<Result> {
  if (signal === undefined) return await work
  signal.throwIfAborted()
  const { promise, reject } = Promise.withResolvers<never>()
  const onAbort = (): void => reject(signal.reason)
  signal.addEventListener('abort', onAbort)
  try {
    return await Promise.race([work, promise])
  } finally {
    signal.removeEventListener('abort', onAbort)
  }
}
