/**
 * The comparisons that sort `size` items whatever they are: Batcher's merge exchange
 * (Knuth, The Art of Computer Programming, vol. 3, 5.2.2, algorithm M). As they do not
 * depend on the values, a block of coordinates is sorted by one loop per comparison,
 * without a branch that could be predicted wrong.
 *
 * @returns pairs of positions; after each the lesser item is at the first
 */
export function sortingNetwork(size: number): readonly (readonly [number, number])[] {
  const pairs: (readonly [number, number])[] = []
  if (size < 2) return pairs
  const top = 2 ** Math.ceil(Math.log2(size) - 1)
  for (let p = top; p >= 1; p /= 2) {
    let q = top
    let r = 0
    let d = p
    for (;;) {
      for (let i = 0; i < size - d; i++) if ((i & p) === r) pairs.push([i, i + d])
      if (q === p) break
      d = q - p
      q /= 2
      r = p
    }
  }
  return pairs
}

/** Sorts each coordinate of equally long rows: afterwards the first row has the least values. */
export function sortRows(
  rows: readonly Float32Array[],
  network: readonly (readonly [number, number])[],
  length: number
): void {
  for (const [low, high] of network) {
    sortPair(rows[low] as Float32Array, rows[high] as Float32Array, length)
  }
}

function sortPair(low: Float32Array, high: Float32Array, length: number): void {
  for (let i = 0; i < length; i++) {
    const a = low[i] as number
    const b = high[i] as number
    low[i] = a < b ? a : b
    high[i] = a < b ? b : a
  }
}
