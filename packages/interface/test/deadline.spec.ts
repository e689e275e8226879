import { expect, it } from 'vitest'
import { type Clock, createDeadline } from '../src/index.ts'

/** A clock on which time passes when it is told to. */
function manualClock(): Clock & { pass(ms: number): void; readonly timers: number } {
  let now = 0
  const timers = new Map<symbol, { at: number; callback: () => void }>()
  return {
    now: () => now,
    schedule(delayMs, callback) {
      const timer = Symbol('a timer')
      timers.set(timer, { at: now + delayMs, callback })
      return () => void timers.delete(timer)
    },
    pass(ms) {
      now += ms
      for (const [timer, { at, callback }] of timers) {
        if (at <= now && timers.delete(timer)) callback()
      }
    },
    get timers() {
      return timers.size
    }
  }
}

it('fires when its time has passed, and says what took so long', () => {
  const clock = manualClock()
  using deadline = createDeadline(clock, 100, 'an answer')
  clock.pass(99)
  expect(deadline.signal.aborted).toBe(false)
  clock.pass(1)
  const { name, message } = deadline.signal.reason as DOMException
  expect({ name, message }).toEqual({
    name: 'TimeoutError',
    message: 'an answer took longer than 100 ms'
  })
  expect(deadline.hasPassed).toBe(true)
})

it('fires with its parent, or at once where that has fired', () => {
  const clock = manualClock()
  const parent = new AbortController()
  const reason = new Error('enough')
  using before = createDeadline(clock, 100, 'an answer', parent.signal)
  expect(before.signal.aborted).toBe(false)
  parent.abort(reason)
  using after = createDeadline(clock, 100, 'an answer', parent.signal)
  for (const { signal, hasPassed } of [before, after]) {
    expect(signal.reason).toBe(reason)
    expect(hasPassed).toBe(false)
  }
})

it('does not count as passed when something else was sooner', () => {
  const clock = manualClock()
  const reason = new Error('enough')
  using deadline = createDeadline(clock, 100, 'an answer')
  deadline.abort(reason)
  clock.pass(100)
  expect(deadline.signal.reason).toBe(reason)
  expect(deadline.hasPassed).toBe(false)
})

it('leaves nothing behind', () => {
  const clock = manualClock()
  const parent = new AbortController()
  const deadline = createDeadline(clock, 100, 'an answer', parent.signal)
  deadline[Symbol.dispose]()
  expect(clock.timers).toBe(0)
  parent.abort()
  expect(deadline.signal.aborted).toBe(false)
})
