import { describe, expect, it } from 'vitest'
import { createTokenBuckets } from '../../src/limits/token-buckets.ts'
import type { TokenBuckets } from '../../src/limits/token-buckets.ts'

describe('token buckets', () => {
  let time = 0

  function buckets(perSecond: number, burst: number, capacity = 100): TokenBuckets {
    time = 0
    return createTokenBuckets({ perSecond, burst, capacity, now: () => time })
  }

  function takeAll(from: TokenBuckets, key: string): number {
    let taken = 0
    while (taken < 1000 && from.take(key)) taken++
    return taken
  }

  it('begin full, and are filled as time passes, and no further', () => {
    const some = buckets(10, 5)
    expect(takeAll(some, 'a')).toBe(5)
    time += 99
    expect(some.take('a')).toBe(false)
    time += 2
    expect(takeAll(some, 'a')).toBe(1)
    time += 300
    expect(takeAll(some, 'a')).toBe(3)
    time += 1e9
    expect(takeAll(some, 'a')).toBe(5)
  })

  it('do not starve who asks all the time: what was not granted costs nothing', () => {
    const some = buckets(1, 1)
    let granted = 0
    for (; time < 10_000; time += 10) if (some.take('a')) granted++
    // one at the start, and one for each further second that has passed
    expect(granted).toBe(10)
  })

  it('are apart', () => {
    const some = buckets(1, 3)
    expect(takeAll(some, 'a')).toBe(3)
    expect(takeAll(some, 'b')).toBe(3)
    expect(some.take('a')).toBe(false)
  })

  it('are forgotten when they are full again, and not before', () => {
    const some = buckets(2, 4)
    some.take('a')
    time += 1000
    some.take('b')
    expect(some.size).toBe(2)
    time += 1999
    some.take('c')
    expect(some.size).toBe(2)
    expect(takeAll(some, 'a')).toBe(4)
  })

  it('are no more than they may be, and the quietest go first', () => {
    const some = buckets(1, 2, 3)
    for (const key of ['a', 'b', 'c']) expect(takeAll(some, key)).toBe(2)
    some.take('a')
    for (let key = 0; key < 1000; key++) {
      some.take('a')
      some.take(`stranger ${key}`)
      expect(some.size).toBeLessThanOrEqual(3)
    }
    expect(some.take('a')).toBe(false)
  })

  it('have no limit where there is none', () => {
    const some = buckets(Infinity, 1)
    expect(takeAll(some, 'a')).toBe(1000)
    expect(takeAll(buckets(1, Infinity), 'a')).toBe(1000)
    expect(some.size).toBe(0)
  })
})
