import type { Clock } from '@daa-compute/interface'

/** Real time, for tests over a real network. */
export const platformClock: Clock = {
  now: () => performance.now(),
  schedule: (delayMs, callback) => {
    const timer = setTimeout(callback, Math.max(0, delayMs))
    return () => clearTimeout(timer)
  }
}
