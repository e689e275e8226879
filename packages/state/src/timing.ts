import type { Clock } from '@daa-compute/interface'

/** Resolves after a while, earlier if the signal fires. */
export async function pauseOf(clock: Clock, ms: number, signal?: AbortSignal): Promise<void> {
  if (signal?.aborted === true) return
  const { promise, resolve } = Promise.withResolvers<void>()
  const cancel = clock.schedule(ms, resolve)
  const end = (): void => resolve()
  signal?.addEventListener('abort', end)
  await promise
  cancel()
  signal?.removeEventListener('abort', end)
}
