/**
 * Makes the columns that a power iteration starts from: those that the last one
 * has come to, each divided by its largest value, since only directions count and
 * squares of small gradients would vanish; and where there is none, or it has
 * become 0, one by chance.
 *
 * @param q columns of `length` values, changed in place
 * @param seed equal at all ranks
 */
export function prepareColumns(q: Float32Array, length: number, seed: bigint): void {
  for (let start = 0; start < q.length; start += length) {
    let largest = 0
    for (let i = start; i < start + length; i++) {
      largest = Math.max(largest, Math.abs(q[i] as number))
    }
    if (largest > 0 && largest < Infinity) {
      for (let i = start; i < start + length; i++) q[i] = (q[i] as number) / largest
    } else {
      const low = Number(BigInt.asIntN(32, seed))
      const high = Number(BigInt.asIntN(32, seed >> 32n))
      for (let i = start; i < start + length; i++) {
        q[i] = mix(mix(i ^ low) ^ high) / 2 ** 31
      }
    }
  }
}

/**
 * 48 bits of a hash (FNV-1a by halves) as two integers that float32 holds exactly
 * and that are not 0.
 */
export function fingerprint(q: Float32Array): [number, number] {
  const bits = new Uint32Array(q.buffer, q.byteOffset, q.length)
  let low = 0x811c_9dc5
  let high = 0x01d5_3c6f
  for (const word of bits) {
    low = Math.imul(low ^ word, 0x0100_0193)
    high = Math.imul(high ^ mix(word), 0x0100_0193)
  }
  return [(mix(low) >>> 8) | 1, (mix(high) >>> 8) | 1]
}

/** A permutation of 32 bits whose outputs look independent (lowbias32 of C. Wellons). */
function mix(value: number): number {
  let x = value | 0
  x = Math.imul(x ^ (x >>> 16), 0x7feb_352d)
  x = Math.imul(x ^ (x >>> 15), 0x846c_a68b)
  return x ^ (x >>> 16)
}
