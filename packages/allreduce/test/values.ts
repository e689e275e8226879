// plain loops: with iterators and callbacks, half of the time of run.spec.ts went here

/** Values that differ by peer and index; sums of them are exact in float32. */
export function valuesOf(rank: number, length: number): Float32Array {
  const values = new Float32Array(length)
  for (let i = 0; i < length; i++) values[i] = valueAt(rank, i)
  return values
}

/** The exact mean of {@link valuesOf} over ranks 0 to size - 1. */
export function meanOf(size: number, length: number): Float32Array {
  const mean = new Float32Array(length)
  for (let i = 0; i < length; i++) {
    let sum = 0
    for (let rank = 0; rank < size; rank++) sum += valueAt(rank, i)
    mean[i] = sum * (1 / size)
  }
  return mean
}

function valueAt(rank: number, i: number): number {
  return ((i * 7 + rank * 13) % 101) - 50
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
  for (let i = 0; i < left.length; i++) if (left[i] !== right[i]) return false
  return true
}
