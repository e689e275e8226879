import { asError, type Clock } from '@daa-compute/interface'
import type { Run } from '../run.ts'

/**
 * Waits until a run has so many members, or for some ms.
 *
 * @throws the signal's reason
 */
export async function allLinked(
  run: Run,
  size: number,
  clock: Clock,
  ms: number,
  signal: AbortSignal
): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>()
  const giveUp = (): void => reject(asError(signal.reason))
  const look = (): void => {
    if (run.members.length >= size) resolve()
  }
  const endings = [run.on('member:up', look), clock.schedule(ms, resolve)]
  signal.addEventListener('abort', giveUp)
  if (signal.aborted) giveUp()
  look()
  try {
    await promise
  } finally {
    for (const end of endings) end()
    signal.removeEventListener('abort', giveUp)
  }
}
