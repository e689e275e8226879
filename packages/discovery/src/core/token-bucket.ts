/** Bounds a rate while allowing short bursts. */
export interface TokenBucket {
  /** Whether one more is allowed at this moment (in ms); if so, it is counted. */
  take(now: number): boolean
}

/**
 * A token bucket: `burst` at once, then `perSecond` for long.
 *
 * @param now the present, in ms, on the clock that `take` is given
 */
export function createTokenBucket(burst: number, perSecond: number, now: number): TokenBucket {
  let tokens = burst
  let filledAt = now
  return {
    take: (at: number): boolean => {
      tokens = Math.min(burst, tokens + ((at - filledAt) / 1000) * perSecond)
      filledAt = at
      if (tokens < 1) return false
      tokens -= 1
      return true
    }
  }
}
