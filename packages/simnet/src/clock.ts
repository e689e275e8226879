import type { Clock } from '@daa-compute/interface'
import { SimnetError } from './errors.ts'
import type { EventOwner } from './event-queue.ts'
import type { Scheduler } from './scheduler.ts'

/** Makes a clock of virtual time whose timers live and die with the owner. */
export function createClock(
  { now, at, cancel }: Pick<Scheduler, 'now' | 'at' | 'cancel'>,
  owner: EventOwner | undefined
): Clock {
  return {
    now,
    schedule(delayMs, callback) {
      if (Number.isNaN(delayMs)) throw notANumber(delayMs)
      // a timer that never fires must not hold up the verdict that nothing is left
      if (delayMs === Infinity) return () => {}
      const event = at(now() + Math.max(0, delayMs), owner, call, callback)
      return () => cancel(event)
    }
  }
}

function call(callback: () => void): void {
  callback()
}

function notANumber(delayMs: number): Error {
  return new SimnetError('BAD_OPTION', 'a timer was scheduled with a delay that is NaN', {
    option: 'delayMs',
    value: delayMs
  })
}
