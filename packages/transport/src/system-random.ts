import type { Random } from '@daa-compute/interface'

/** The operating system's randomness. */
export const systemRandom: Random = {
  fill: (bytes) => crypto.getRandomValues(bytes),
  next() {
    const [high = 0, low = 0] = crypto.getRandomValues(new Uint32Array(2))
    // 53 random bits, as many as a double in [0, 1) holds evenly spaced
    return ((high >>> 5) * 2 ** 26 + (low >>> 6)) / 2 ** 53
  }
}
