/** Options of {@link createTokenBuckets}. */
export interface TokenBucketsInit {
  /** Tokens that a bucket gains per second. */
  readonly perSecond: number
  /** Tokens that it holds at most, and begins with. */
  readonly burst: number
  /** Buckets that are remembered at most: what strangers can make a node remember has an end. */
  readonly capacity: number
  /** Milliseconds since an arbitrary moment. */
  now(): number
}

/** A token bucket per key. */
export interface TokenBuckets {
  /** Takes a token out of the key's bucket; says whether there was one. */
  take(key: string): boolean
  /** Puts a token back that turned out not to be due; into a full bucket, none. */
  giveBack(key: string): void
  /** Buckets that are remembered. A full one is like one that never was. */
  readonly size: number
}

interface Bucket {
  tokens: number
  at: number
}

/**
 * Token buckets without timers: a bucket is filled up by the time that has
 * passed when it is used next, and forgotten once it must be full. Used buckets
 * move to the end of the map, so its front has been quiet the longest; when
 * there is no room, that one is forgotten. Who has the addresses to wash out
 * others' buckets has no use for it, as each of its own begins full anyway.
 */
export function createTokenBuckets(init: TokenBucketsInit): TokenBuckets {
  const { perSecond, burst, capacity, now } = init
  const fullAfterMs = (burst / perSecond) * 1000
  const buckets = new Map<string, Bucket>()

  function forget(time: number): void {
    for (const [key, { at }] of buckets) {
      if (time - at < fullAfterMs && buckets.size <= capacity) return
      buckets.delete(key)
    }
  }

  return {
    get size() {
      return buckets.size
    },
    giveBack(key) {
      const known = buckets.get(key)
      if (known !== undefined) known.tokens = Math.min(burst, known.tokens + 1)
    },
    take(key) {
      if (perSecond === Infinity || burst === Infinity) return true
      const time = now()
      const known = buckets.get(key)
      const tokens =
        known === undefined
          ? burst
          : Math.min(burst, known.tokens + ((time - known.at) / 1000) * perSecond)
      const granted = tokens >= 1
      buckets.delete(key)
      buckets.set(key, { tokens: granted ? tokens - 1 : tokens, at: time })
      forget(time)
      return granted
    }
  }
}
