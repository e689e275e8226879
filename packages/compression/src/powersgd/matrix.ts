import { DEPENDENT } from './constants.ts'

/**
 * The arithmetic of PowerSGD. Sums are float64 in a fixed order and rounded to
 * float32 where they are stored, with `+ - * /` and the square root only: so all
 * ranks come to the same bits. Matrices are stored row by row, factors of rank `r`
 * column by column.
 */

/** `p = m q`: `rows × columns` times `columns × r`. */
export function multiply(
  m: Float32Array,
  rows: number,
  columns: number,
  q: Float32Array,
  p: Float32Array
): void {
  const rank = p.length / rows
  for (let k = 0; k < rank; k++) {
    const column = q.subarray(k * columns, (k + 1) * columns)
    for (let i = 0; i < rows; i++) {
      const start = i * columns
      let sum = 0
      for (let j = 0; j < columns; j++) sum += (m[start + j] as number) * (column[j] as number)
      p[k * rows + i] = sum
    }
  }
}

/** `q = mᵀ p`: `columns × rows` times `rows × r`. */
export function multiplyTransposed(
  m: Float32Array,
  rows: number,
  columns: number,
  p: Float32Array,
  q: Float32Array
): void {
  const rank = p.length / rows
  const sums = new Float64Array(columns)
  for (let k = 0; k < rank; k++) {
    sums.fill(0)
    for (let i = 0; i < rows; i++) {
      const factor = p[k * rows + i] as number
      if (factor === 0) continue
      const start = i * columns
      for (let j = 0; j < columns; j++) sums[j]! += (m[start + j] as number) * factor
    }
    q.set(sums, k * columns)
  }
}

/** `m = p qᵀ`: `rows × r` times `r × columns`. */
export function expand(
  p: Float32Array,
  q: Float32Array,
  rows: number,
  columns: number,
  m: Float32Array
): void {
  const sums = new Float64Array(columns)
  for (let i = 0; i < rows; i++) {
    expandRow(p, q, rows, i, sums)
    m.set(sums, i * columns)
  }
}

/** `m -= p qᵀ`, and 0 where that is not finite. */
export function subtractProduct(
  p: Float32Array,
  q: Float32Array,
  rows: number,
  columns: number,
  m: Float32Array
): void {
  const sums = new Float64Array(columns)
  for (let i = 0; i < rows; i++) {
    expandRow(p, q, rows, i, sums)
    const start = i * columns
    for (let j = 0; j < columns; j++) {
      const rest = Math.fround((m[start + j] as number) - (sums[j] as number))
      m[start + j] = rest - rest === 0 ? rest : 0
    }
  }
}

function expandRow(
  p: Float32Array,
  q: Float32Array,
  rows: number,
  row: number,
  sums: Float64Array
): void {
  const rank = p.length / rows
  const columns = sums.length
  sums.fill(0)
  for (let k = 0; k < rank; k++) {
    const factor = p[k * rows + row] as number
    if (factor === 0) continue
    const start = k * columns
    for (let j = 0; j < columns; j++) sums[j]! += (q[start + j] as number) * factor
  }
}

/**
 * Makes the columns orthonormal, in place, by Gram and Schmidt; each is done
 * twice, since once leaves too much where columns are nearly parallel (Giraud et
 * al. 2005). What depends on the columns before it becomes 0, so that `p pᵀ`
 * stays a projection.
 */
export function orthonormalize(p: Float32Array, rows: number): void {
  const rank = p.length / rows
  for (let k = 0; k < rank; k++) {
    const column = Float64Array.from(p.subarray(k * rows, (k + 1) * rows))
    const largest = column.reduce((max, value) => Math.max(max, Math.abs(value)), 0)
    // so that no square overflows or vanishes
    if (largest > 0) for (let i = 0; i < rows; i++) column[i]! /= largest
    const before = norm(column)
    for (let pass = 0; pass < 2; pass++) {
      for (let other = 0; other < k; other++) {
        const start = other * rows
        let dot = 0
        for (let i = 0; i < rows; i++) dot += (p[start + i] as number) * column[i]!
        for (let i = 0; i < rows; i++) column[i]! -= dot * (p[start + i] as number)
      }
    }
    const after = norm(column)
    const isDependent = !(after > before * DEPENDENT)
    for (let i = 0; i < rows; i++) p[k * rows + i] = isDependent ? 0 : column[i]! / after
  }
}

function norm(column: Float64Array): number {
  let sum = 0
  for (const value of column) sum += value * value
  return Math.sqrt(sum)
}
