/**
 * How many of `count` values a fraction of them is: rounded to the nearest, and at
 * least one where there are any.
 *
 * @param fraction above 0, at most 1
 */
export function keptCount(fraction: number, count: number): number {
  return Math.min(count, Math.max(1, Math.round(fraction * count)))
}
