import type { Candidates } from './aggregator.ts'
import { sortingNetwork, sortRows } from './sorting-network.ts'

/** Coordinates that are worked on at a time: rows of 4 KiB, of which many fit the caches. */
const BLOCK = 1024

/** Shares of weight below this are errors of rounding. */
const EPSILON = 1e-9

/**
 * In each coordinate the mean of what is left when the share `trim` of the weight was
 * taken away at either end; with a half of it, the median. What lies across the edge
 * counts in part. Adds to `excluded` how many elements of each contribution lay outside.
 *
 * @param trim 0 to 0.5
 */
export function aggregateWindow(
  candidates: Candidates,
  trim: number,
  out: Float32Array,
  excluded: Float64Array
): void {
  const [first = 1] = candidates.shares
  const isEqual = candidates.shares.every((share) => Math.abs(share - first) < EPSILON)
  if (isEqual) aggregateEqual(candidates, trim, out, excluded)
  else aggregateWeighted(candidates, trim, out, excluded)
}

/** Of `size` equal contributions, sorted: the first that counts, and how much it counts. */
function edgeOf(size: number, trim: number): { readonly first: number; readonly part: number } {
  if (trim === 0.5) return { first: (size - 1) >> 1, part: 1 }
  const first = Math.floor(trim * size + EPSILON)
  const part = 1 - (trim * size - first)
  return { first, part: part > 1 - EPSILON ? 1 : part }
}

function aggregateEqual(
  { ranks, rows }: Candidates,
  trim: number,
  out: Float32Array,
  excluded: Float64Array
): void {
  const size = rows.length
  const { first, part } = edgeOf(size, trim)
  const last = size - 1 - first
  const network = sortingNetwork(size)
  const sorted = rows.map(() => new Float32Array(BLOCK))
  const low = sorted[first] as Float32Array
  const high = sorted[last] as Float32Array
  const sums = new Float64Array(BLOCK)
  const total = 2 * part + (last - first - 1)
  for (let start = 0; start < out.length; start += BLOCK) {
    const end = Math.min(out.length, start + BLOCK)
    const length = end - start
    for (const [i, row] of rows.entries()) sorted[i]?.set(row.subarray(start, end))
    sortRows(sorted, network, length)
    if (first === last) out.set(low.subarray(0, length), start)
    else {
      for (let i = 0; i < length; i++) sums[i] = part * ((low[i] as number) + (high[i] as number))
      for (const row of sorted.slice(first + 1, last)) addTo(sums, row, length)
      for (let i = 0; i < length; i++) out[start + i] = (sums[i] as number) / total
    }
    for (const [i, rank] of ranks.entries()) {
      const outside = countOutside((rows[i] as Float32Array).subarray(start, end), low, high)
      excluded[rank] = (excluded[rank] as number) + outside
    }
  }
}

function addTo(sums: Float64Array, row: Float32Array, length: number): void {
  for (let i = 0; i < length; i++) sums[i] = (sums[i] as number) + (row[i] as number)
}

function countOutside(row: Float32Array, low: Float32Array, high: Float32Array): number {
  let count = 0
  for (let i = 0; i < row.length; i++) {
    const value = row[i] as number
    count += value < (low[i] as number) || value > (high[i] as number) ? 1 : 0
  }
  return count
}

/** One coordinate after the other, as every contribution has a weight of its own. */
function aggregateWeighted(
  { ranks, rows, shares }: Candidates,
  trim: number,
  out: Float32Array,
  excluded: Float64Array
): void {
  const size = rows.length
  const values = new Float64Array(size)
  const order = new Uint16Array(size)
  // the middle has no width: what lies across it, on either side of it if it lies between two
  const low = trim - (trim === 0.5 ? EPSILON : 0)
  const high = 1 - low
  for (let at = 0; at < out.length; at++) {
    for (let i = 0; i < size; i++) {
      const value = (rows[i] as Float32Array)[at] as number
      let place = i
      while (place > 0 && (values[place - 1] as number) > value) {
        values[place] = values[place - 1] as number
        order[place] = order[place - 1] as number
        place--
      }
      values[place] = value
      order[place] = i
    }
    let before = 0
    let sum = 0
    let total = 0
    let least = Infinity
    let most = -Infinity
    for (let place = 0; place < size; place++) {
      const after = before + (shares[order[place] as number] as number)
      const overlap = Math.min(after, high) - Math.max(before, low)
      before = after
      if (overlap < EPSILON / 2) continue
      // between two halves both count the same, however much of them is in the window
      const counts = trim === 0.5 ? 1 : overlap
      const value = values[place] as number
      sum += counts * value
      total += counts
      least = Math.min(least, value)
      most = Math.max(most, value)
    }
    out[at] = sum / total
    for (let place = 0; place < size; place++) {
      const value = values[place] as number
      if (value >= least && value <= most) continue
      const rank = ranks[order[place] as number] as number
      excluded[rank] = (excluded[rank] as number) + 1
    }
  }
}
