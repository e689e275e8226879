import type { Clock } from '@daa-compute/interface'

/** Longest delay of a timer, in ms: platforms fire a longer one at once. */
const MAX_TIMEOUT_MS = 2 ** 31 - 1

/** The platform's monotonic clock and timers, for whoever gives no other. */
export const systemClock: Clock = {
  now: () => performance.now(),
  schedule(delayMs, callback) {
    const timer = setTimeout(callback, Math.min(Math.max(0, delayMs), MAX_TIMEOUT_MS))
    return () => clearTimeout(timer)
  }
}
