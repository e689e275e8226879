/** Coordinates that are worked on at a time: rows of 16 KiB. */
const BLOCK = 4096

/** Squared distance between two vectors of equal length, in float64. */
export function squaredDistance(a: Float32Array, b: Float32Array): number {
  let [s, t] = [0, 0]
  const length = a.length
  const even = length - (length % 2)
  for (let i = 0; i < even; i += 2) {
    const d = (a[i] as number) - (b[i] as number)
    const e = (a[i + 1] as number) - (b[i + 1] as number)
    s += d * d
    t += e * e
  }
  if (even < length) {
    const d = (a[even] as number) - (b[even] as number)
    s += d * d
  }
  return s + t
}

/** Squared distances of all pairs of rows: 0 and 1, 0 and 2, …, 1 and 2, …; block by block. */
export function pairDistances(rows: readonly Float32Array[], out: Float64Array): void {
  const length = rows[0]?.length ?? 0
  for (let start = 0; start < length; start += BLOCK) {
    const blocks = rows.map((row) => row.subarray(start, start + BLOCK))
    let pair = 0
    for (const [i, a] of blocks.entries()) {
      for (let j = i + 1; j < blocks.length; j++, pair++) {
        out[pair] = (out[pair] as number) + squaredDistance(a, blocks[j] as Float32Array)
      }
    }
  }
}

/** Place of the pair of rows i and j in {@link pairDistances}; i is not j. */
export function pairIndex(size: number, i: number, j: number): number {
  const [a, b] = i < j ? [i, j] : [j, i]
  return a * size - (a * (a + 1)) / 2 + (b - a - 1)
}

/** `out[k] = sum of shares[i] * rows[i][k]`, summed in float64 in the order of the rows. */
export function combineRows(
  rows: readonly Float32Array[],
  shares: readonly number[],
  out: Float32Array
): void {
  const sums = new Float64Array(Math.min(BLOCK, out.length))
  for (let start = 0; start < out.length; start += BLOCK) {
    const length = Math.min(BLOCK, out.length - start)
    sums.fill(0)
    for (const [i, row] of rows.entries()) {
      addScaled(sums, row.subarray(start, start + length), shares[i] as number)
    }
    for (let k = 0; k < length; k++) out[start + k] = sums[k] as number
  }
}

function addScaled(sums: Float64Array, row: Float32Array, share: number): void {
  for (let k = 0; k < row.length; k++) {
    sums[k] = (sums[k] as number) + share * (row[k] as number)
  }
}
