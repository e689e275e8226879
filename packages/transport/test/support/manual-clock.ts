import type { Clock } from '@daa-compute/interface'

/** Time that passes when a test says so. */
export interface ManualClock extends Clock {
  /** Lets time pass, and calls what falls due in its order. */
  advance(ms: number): void
  /** Calls that are still to come. */
  readonly waiting: number
}

export function createManualClock(): ManualClock {
  let time = 0
  const timers = new Set<{ readonly at: number; readonly callback: () => void }>()
  return {
    get waiting() {
      return timers.size
    },
    now: () => time,
    schedule(delayMs, callback) {
      const timer = { at: time + Math.max(0, delayMs), callback }
      timers.add(timer)
      return () => void timers.delete(timer)
    },
    advance(ms) {
      const end = time + ms
      for (;;) {
        const [next] = [...timers].filter(({ at }) => at <= end).toSorted((a, b) => a.at - b.at)
        if (next === undefined) break
        timers.delete(next)
        time = next.at
        next.callback()
      }
      time = end
    }
  }
}
