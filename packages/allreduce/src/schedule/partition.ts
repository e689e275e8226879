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
