import type { Clock } from './clock.ts'

/** A signal that fires by itself after a while, unless disposed of. */
export interface Deadline extends Disposable {
  readonly signal: AbortSignal
  /** Whether it was the time that fired it. */
  readonly hasPassed: boolean
  /** Fires it now; nothing happens if it has fired. */
  abort(reason: Error): void
}

/**
 * Bounds a wait. The reason of a deadline that has passed is a `DOMException` named `TimeoutError`.
 *
 * @param ms from now
 * @param what takes longer than it should, for the message
 * @param parent a signal that fires this one, too
 */
export function createDeadline(
  clock: Clock,
  ms: number,
  what: string,
  parent?: AbortSignal
): Deadline {
  const controller = new AbortController()
  let hasPassed = false
  const cancel = clock.schedule(ms, () => {
    hasPassed = !controller.signal.aborted
    controller.abort(new DOMException(`${what} took longer than ${ms} ms`, 'TimeoutError'))
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
