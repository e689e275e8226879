import { createHash } from 'node:crypto'
import type { Clock, Hasher, Random } from '@daa-compute/interface'

/** Longest delay of a timer, in ms: Node fires a longer one at once. */
const MAX_TIMEOUT_MS = 2 ** 31 - 1

/** The process's monotonic clock and timers. */
export const platformClock: Clock = {
  now: () => performance.now(),
  schedule(delayMs, callback) {
    let left = Math.max(0, delayMs)
    const arm = (): NodeJS.Timeout => {
      const step = Math.min(left, MAX_TIMEOUT_MS)
      left -= step
      return setTimeout(left > 0 ? rearm : callback, step)
    }
    const rearm = (): void => {
      timer = arm()
    }
    let timer = arm()
    return () => clearTimeout(timer)
  }
}

/** The operating system's randomness. */
export const platformRandom: Random = {
  fill: (bytes) => crypto.getRandomValues(bytes),
  next() {
    const [high = 0, low = 0] = crypto.getRandomValues(new Uint32Array(2))
    // 53 random bits, as many as a double in [0, 1) holds evenly spaced
    return ((high >>> 5) * 2 ** 26 + (low >>> 6)) / 2 ** 53
  }
}

/** OpenSSL's SHA-256: five times as fast as one in JavaScript, more with hardware support. */
export const platformHasher: Hasher = {
  name: 'sha-256',
  digestLength: 32,
  create() {
    const hash = createHash('sha256')
    return {
      update: (bytes) => void hash.update(bytes),
      digest: () => new Uint8Array(hash.digest())
    }
  }
}
