import type { Clock } from '@daa-compute/interface'

/** Longest delay of a timer, in ms: platforms fire a longer one at once. */
const MAX_TIMEOUT_MS = 2 ** 31 - 1

/** The platform's monotonic clock and timers, for whoever gives no other. */
export const systemClock: Clock = {
  now: () => performance.now(),
  schedule(delayMs, callback) {
    let left = Math.max(0, delayMs)
    const arm = (): ReturnType<typeof setTimeout> => {
      const step = Math.min(left, MAX_TIMEOUT_MS)
      left -= step
      return setTimeout(left > 0 ? rearm : callback, step)
    }
    const rearm = (): void => {
      timer = arm()
    }
    let timer = arm()
    return () => clearTimeout(timer)
  }
}
