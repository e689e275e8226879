import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { systemClock } from '../src/index.ts'

const DAY = 24 * 60 * 60 * 1000

beforeEach(() => void vi.useFakeTimers())
afterEach(() => void vi.useRealTimers())

describe('the clock of a process', () => {
  it('calls back once, when it is due', () => {
    const called = vi.fn<() => void>()
    systemClock.schedule(1000, called)
    systemClock.schedule(-1, called)
    vi.advanceTimersByTime(0)
    expect(called).toHaveBeenCalledTimes(1)
    vi.advanceTimersByTime(999)
    expect(called).toHaveBeenCalledTimes(1)
    vi.advanceTimersByTime(1)
    expect(called).toHaveBeenCalledTimes(2)
    expect(vi.getTimerCount()).toBe(0)
  })

  it('waits for longer than a timer can', () => {
    const called = vi.fn<() => void>()
    systemClock.schedule(60 * DAY, called)
    vi.advanceTimersByTime(60 * DAY - 1)
    expect(called).not.toHaveBeenCalled()
    vi.advanceTimersByTime(1)
    expect(called).toHaveBeenCalledTimes(1)
    expect(vi.getTimerCount()).toBe(0)
  })

  it('waits forever, and can be told not to', () => {
    const called = vi.fn<() => void>()
    const cancel = systemClock.schedule(Infinity, called)
    vi.advanceTimersByTime(100 * DAY)
    expect(called).not.toHaveBeenCalled()
    cancel()
    expect(vi.getTimerCount()).toBe(0)
  })
})
