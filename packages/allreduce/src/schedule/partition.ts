/** A half-open range of indices. */
export interface Range {
  readonly start: number
  readonly end: number
}

/**
 * Cuts `length` items into `parts` consecutive ranges whose sizes differ by at
 * most one, the longer ones first. With fewer items than parts the last ranges
 * are empty.
 */
export function partition(length: number, parts: number): Range[] {
  const base = Math.floor(length / parts)
  const longer = length % parts
  const ranges: Range[] = []
  let start = 0
  for (let part = 0; part < parts; part++) {
    const end = start + base + (part < longer ? 1 : 0)
    ranges.push({ start, end })
    start = end
  }
  return ranges
}

/**
 * Cuts `length` items into consecutive ranges of sizes in proportion to
 * `shares`, of which at least one is greater than 0. Every bound is rounded by
 * itself, so that no error accumulates.
 */
export function partitionByShares(length: number, shares: readonly number[]): Range[] {
  const total = shares.reduce((sum, share) => sum + share, 0)
  let before = 0
  let start = 0
  return shares.map((share, index) => {
    before += share
    const bound = Math.round(length * (before / total))
    const end = index === shares.length - 1 ? length : Math.min(length, Math.max(start, bound))
    const range = { start, end }
    start = end
    return range
  })
}
