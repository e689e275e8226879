/** A permutation of 32 bits whose outputs look independent (lowbias32 of C. Wellons). */
export function mix(value: number): number {
  let x = value | 0
  x = Math.imul(x ^ (x >>> 16), 0x7feb_352d)
  x = Math.imul(x ^ (x >>> 15), 0x846c_a68b)
  return x ^ (x >>> 16)
}

/**
 * 64 bits of a hash of the values' bits as two unsigned integers: FNV-1a over words
 * that are mixed first, since its multiplication moves no bit downwards, and flipped
 * signs would cancel each other. Chance does not find two arrays with the same; people
 * who want to do.
 */
export function hashOf(values: Float32Array): readonly [low: number, high: number] {
  const bits = new Uint32Array(values.buffer, values.byteOffset, values.length)
  let low = 0x811c_9dc5 ^ values.length
  let high = 0x01d5_3c6f
  for (let i = 0; i < bits.length; i++) {
    const word = mix(bits[i] as number)
    low = Math.imul(low ^ word, 0x0100_0193)
    high = Math.imul(high ^ mix(word ^ 0x5bd1_e995), 0x0100_0193)
  }
  return [mix(low) >>> 0, mix(high) >>> 0]
}
