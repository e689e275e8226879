import type { AggregationRule } from '@daa-compute/allreduce'

/** Names of the rules that scenarios use. */
export type RuleName = 'median' | 'trimmedMean' | 'krum' | 'centeredClip'

/** Iterations of centered clipping. */
const ITERATIONS = 2

/** Share that is trimmed at either end. */
const FRACTION = 0.25

/** The rules themselves: plain data, so that a mutated protocol reads them like any other. */
export const RULES: Readonly<Record<RuleName, AggregationRule>> = {
  median: { name: 'median' },
  trimmedMean: { name: 'trimmedMean', fraction: FRACTION },
  krum: { name: 'krum', liars: 0, kept: 1 },
  centeredClip: { name: 'centeredClip', iterations: ITERATIONS }
}

/** Least contributions of some weight that Krum can do with. */
export const KRUM_NEEDS = 3

/**
 * What a rule comes to, one contribution by itself and each number after the other: slow, and
 * nothing like the code that is tested.
 *
 * @param rows what counts, in the order of ranks
 */
export function expectedBy(rule: RuleName, rows: readonly Float32Array[]): Float64Array {
  switch (rule) {
    case 'median':
      return trimmed(rows, 0.5)
    case 'trimmedMean':
      return trimmed(rows, FRACTION)
    case 'krum':
      return Float64Array.from(nearest(rows))
    case 'centeredClip':
      return clipped(rows)
  }
}

/** The mean without so much at either end; with a half of it, the median. */
function trimmed(rows: readonly Float32Array[], fraction: number): Float64Array {
  const size = rows.length
  const cut = Math.min(fraction * size, (size - 1) / 2)
  return Float64Array.from(rows[0] ?? [], (_, i) => {
    const sorted = rows.map((row) => row[i] ?? 0).sort((a, b) => a - b)
    let [sum, total] = [0, 0]
    for (const [place, value] of sorted.entries()) {
      const part = Math.min(place + 1, size - cut) - Math.max(place, cut)
      if (part <= 0) continue
      sum += part * value
      total += part
    }
    return sum / total
  })
}

/** With no liar allowed for: the first of those nearest to all others but the farthest. */
function nearest(rows: readonly Float32Array[]): Float32Array {
  const scores = rows.map((row) => {
    const distances = rows
      .filter((other) => other !== row)
      .map((other) => distance(row, other) ** 2)
    const near = distances.sort((a, b) => a - b).slice(0, rows.length - 2)
    return Math.round(near.reduce((sum, one) => sum + one, 0))
  })
  return rows[scores.indexOf(Math.min(...scores))] ?? new Float32Array(0)
}

function clipped(rows: readonly Float32Array[]): Float64Array {
  let centre = trimmed(rows, 0.5)
  for (let iteration = 0; iteration < ITERATIONS; iteration++) {
    const from = centre
    const distances = rows.map((row) => distance(row, from))
    const radius = distances.toSorted((a, b) => a - b)[(rows.length - 1) >> 1] ?? 0
    centre = from.map((value, i) => {
      const moves = rows.map((row, rank) => {
        const far = distances[rank] ?? 0
        return ((row[i] ?? 0) - value) * (far > radius ? radius / far : 1)
      })
      return value + moves.reduce((sum, one) => sum + one, 0) / rows.length
    })
  }
  return centre
}

function distance(a: ArrayLike<number>, b: ArrayLike<number>): number {
  let sum = 0
  for (let i = 0; i < a.length; i++) sum += ((a[i] ?? 0) - (b[i] ?? 0)) ** 2
  return Math.sqrt(sum)
}
