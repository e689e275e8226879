import { describe, expect, it } from 'vitest'
import { MAX_PATIENCE_MS, MIN_PATIENCE_MS, PATIENCE_MS } from '../src/constants.ts'
import { Rhythm } from '../src/round/liveness/rhythm.ts'

/** The patience after rounds at these intervals. */
function patienceAfter(...intervals: readonly number[]): number {
  const rhythm = new Rhythm()
  let now = 5_000
  rhythm.note(now, true)
  for (const interval of intervals) rhythm.note((now += interval), true)
  return rhythm.patienceMs
}

describe('the patience of a run', () => {
  it('is a minute as long as nothing is known', () => {
    expect(new Rhythm().patienceMs).toBe(PATIENCE_MS)
    expect(patienceAfter(10, 10)).toBe(PATIENCE_MS)
  })

  it('is four times the usual interval', () => {
    expect(patienceAfter(1000, 1000, 1000)).toBe(4_000)
    expect(patienceAfter(30_000, 30_000, 30_000)).toBe(120_000)
  })

  it('is at least twice the longest: a run may evaluate now and then', () => {
    expect(patienceAfter(1000, 1000, 1000, 1000, 9000)).toBe(18_000)
  })

  it('has bounds', () => {
    expect(patienceAfter(1, 1, 1)).toBe(MIN_PATIENCE_MS)
    expect(patienceAfter(1e7, 1e7, 1e7)).toBe(MAX_PATIENCE_MS)
  })

  it('forgets what is long ago', () => {
    const fast = Array.from({ length: 16 }, () => 1000)
    expect(patienceAfter(60_000, ...fast)).toBe(4_000)
  })

  it('learns nothing from a round that was tried again', () => {
    const rhythm = new Rhythm()
    for (let now = 0; now <= 4_000; now += 1_000) rhythm.note(now, true)
    rhythm.note(60_000, false)
    expect(rhythm.patienceMs).toBe(4_000)
    // nor counts its delay for the one after it
    rhythm.note(61_000, true)
    expect(rhythm.patienceMs).toBe(4_000)
  })
})
