import { hashOf, mix } from '../hash.ts'

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

/** 48 bits of a hash as two integers that float32 holds exactly and that are not 0. */
export function fingerprint(q: Float32Array): [number, number] {
  const [low, high] = hashOf(q)
  return [(low >>> 8) | 1, (high >>> 8) | 1]
}
