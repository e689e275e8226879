import type { Clock } from '@daa-compute/interface'

/** A clock that knows how many of its timers have neither fired nor been cancelled. */
export interface CountingClock extends Clock {
  pending(): number
}

export function createCountingClock(clock: Clock): CountingClock {
  let pending = 0
  return {
    now: () => clock.now(),
    schedule(delayMs, callback) {
      let open = true
      pending++
      const cancel = clock.schedule(delayMs, () => {
        open = false
        pending--
        callback()
      })
      return () => {
        if (!open) return
        open = false
        pending--
        cancel()
      }
    },
    pending: () => pending
  }
}
