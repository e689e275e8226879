/** Values that differ by peer and index; sums of them are exact in float32. */
export function valuesOf(rank: number, length: number): Float32Array {
  return Float32Array.from({ length }, (_, i) => ((i * 7 + rank * 13) % 101) - 50)
}

/** The exact mean of {@link valuesOf} over ranks 0 to size - 1. */
export function meanOf(size: number, length: number): Float32Array {
  const sum = new Float32Array(length)
  for (let rank = 0; rank < size; rank++) {
    for (const [i, value] of valuesOf(rank, length).entries()) sum[i] = (sum[i] ?? 0) + value
  }
  return sum.map((value) => value * (1 / size))
}

/** Values that no sum of float32 is exact for. */
export function noiseOf(random: { next(): number }, length: number): Float32Array {
  return Float32Array.from({ length }, () => random.next() - 0.5)
}

/** Whether two arrays hold the same bits: unlike `===`, NaN equals itself and -0 is not 0. */
export function sameBits(a: Float32Array, b: Float32Array): boolean {
  if (a.length !== b.length) return false
  const left = new Uint32Array(a.buffer, a.byteOffset, a.length)
  const right = new Uint32Array(b.buffer, b.byteOffset, b.length)
  return left.every((bits, i) => bits === right[i])
}
