import type { Clock } from '@daa-compute/interface'

/** A signal that fires by itself after a while, unless cancelled. */
export interface Deadline extends Disposable {
  readonly signal: AbortSignal
}

/**
 * @param ms from now
 * @param parent a signal that fires this one, too
 */
export function createDeadline(
  clock: Clock,
  ms: number,
  what: string,
  parent?: AbortSignal
): Deadline {
  const controller = new AbortController()
  const cancel = clock.schedule(ms, () =>
    controller.abort(new DOMException(`${what} took longer than ${ms} ms`, 'TimeoutError'))
  )
  const forward = (): void => controller.abort(parent?.reason)
  if (parent?.aborted === true) forward()
  else parent?.addEventListener('abort', forward)
  return {
    signal: controller.signal,
    [Symbol.dispose]() {
      cancel()
      parent?.removeEventListener('abort', forward)
    }
  }
}
