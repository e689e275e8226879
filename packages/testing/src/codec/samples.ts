/** Lengths around everything a codec may cut its values into. */
const LENGTHS = [0, 1, 2, 3, 7, 8, 255, 256, 257, 511, 513, 1000, 4099]

/** Length of the values whose encodings are damaged in every bit, so it is small. */
export const DAMAGED_LENGTH = 40

/** Bytes and values around a view that nobody may touch. */
export const GUARD = 5
export const GUARD_BYTE = 0xa5
export const GUARD_VALUE = 1234.5

/** Values of each of these lengths. */
export function samples(): Float32Array[] {
  return LENGTHS.map((length) => sampleValues(length, 0x9e37 + length))
}

/** Values of many magnitudes, with a few of the difficult ones among them. */
export function sampleValues(length: number, seed: number): Float32Array {
  const difficult = [-0, 2 ** -149, -(2 ** -127), 3.4028234663852886e38, 1, -1]
  const next = generator(seed)
  return Float32Array.from({ length }, (_, index) =>
    index % 97 === 13
      ? difficult[Math.floor(next() * difficult.length)]!
      : (next() - 0.5) * 10 ** (8 * next() - 6)
  )
}

/** Numbers from 0 to 1 that look random and are the same everywhere (mulberry32). */
export function generator(seed: number): () => number {
  let state = seed
  return () => {
    state = (state + 0x6d2b_79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}
