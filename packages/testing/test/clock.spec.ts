import type { Clock } from '@daa-compute/interface'
import { afterEach, beforeEach, describe, it } from 'vitest'
import { clockChecks, clockConformance } from '../src/index.ts'

/** Ends the timers that a test has left behind. */
let stop: AbortController
beforeEach(() => {
  stop = new AbortController()
})
afterEach(() => stop.abort())

clockConformance('the platform', () => ({ clock: platformClock(stop.signal) }))

describe('clock conformance', () => {
  for (const [fault, spoil] of faults()) {
    it(`finds a clock that ${fault}`, async () => {
      const objections = clockChecks.map(({ title, check }) =>
        check(spoil(platformClock(stop.signal))).then(
          () => {
            throw new Error(`passed: ${title}`)
          },
          () => title
        )
      )
      // the first is enough: other checks may wait for ever for a call that does not come
      await Promise.any(objections)
    })
  }
})

/** Clocks that are right but for one thing. */
function faults(): readonly (readonly [string, (clock: Clock) => Clock])[] {
  return [
    ['runs backwards', (clock) => ({ ...clock, now: () => 1e9 - clock.now() })],
    ['tells no number', (clock) => ({ ...clock, now: () => NaN })],
    [
      'calls back early',
      (clock) => ({
        now: clock.now,
        schedule: (delayMs, callback) => clock.schedule(delayMs / 2, callback)
      })
    ],
    [
      'calls back twice',
      (clock) => ({
        now: clock.now,
        schedule(delayMs, callback) {
          clock.schedule(delayMs, callback)
          return clock.schedule(delayMs, callback)
        }
      })
    ],
    [
      'calls back at once for no delay',
      (clock) => ({
        now: clock.now,
        schedule(delayMs, callback) {
          if (delayMs > 0) return clock.schedule(delayMs, callback)
          callback()
          return () => {}
        }
      })
    ],
    [
      'takes a negative delay for its size',
      (clock) => ({
        now: clock.now,
        schedule: (delayMs, callback) => clock.schedule(Math.min(Math.abs(delayMs), 1000), callback)
      })
    ],
    [
      'does not cancel',
      (clock) => ({
        now: clock.now,
        schedule(delayMs, callback) {
          clock.schedule(delayMs, callback)
          return () => {}
        }
      })
    ],
    [
      'cancels the latest call instead of its own',
      (clock) => {
        let latest = (): void => {}
        return {
          now: clock.now,
          schedule(delayMs, callback) {
            latest = clock.schedule(delayMs, callback)
            return () => latest()
          }
        }
      }
    ],
    [
      'wraps long delays',
      (clock) => ({
        now: clock.now,
        schedule: (delayMs, callback) =>
          clock.schedule(delayMs > 2 ** 31 - 1 ? 1 : delayMs, callback)
      })
    ],
    [
      'runs one call after the other, whatever their delays',
      (clock) => {
        let last = Promise.resolve()
        return {
          now: clock.now,
          schedule(delayMs, callback) {
            let cancel = (): void => {}
            let cancelled = false
            last = last.then(
              () =>
                new Promise((resolve) => {
                  if (cancelled) return resolve()
                  cancel = clock.schedule(delayMs, () => {
                    callback()
                    resolve()
                  })
                })
            )
            return () => {
              cancelled = true
              cancel()
            }
          }
        }
      }
    ]
  ]
}

/** A clock of the platform's timers, which may ring a little early and take 31 bits. */
function platformClock(signal: AbortSignal): Clock {
  const longestMs = 2 ** 31 - 1
  return {
    now: () => performance.now(),
    schedule(delayMs, callback) {
      const dueMs = performance.now() + Math.max(0, delayMs)
      let timer = setTimeout(ring, Math.min(longestMs, Math.max(0, delayMs)))
      function ring(): void {
        const leftMs = dueMs - performance.now()
        if (leftMs > 0) timer = setTimeout(ring, Math.min(longestMs, leftMs))
        else if (!signal.aborted) callback()
      }
      const cancel = (): void => clearTimeout(timer)
      signal.addEventListener('abort', cancel)
      return cancel
    }
  }
}
