import { HEDGE_FACTOR } from '../constants.ts'
import type { Pace } from './pace.ts'

/**
 * When nothing is left to ask for, a block that another donor has been asked for and
 * is expected to bring much later than this one would.
 */
export function hedgeFor(
  pace: Pace,
  all: readonly Pace[],
  isWanted: (index: number) => boolean,
  nowMs: number
): number | undefined {
  let latest = pace.expectNext * HEDGE_FACTOR
  let found: number | undefined
  for (const other of all) {
    if (other === pace) continue
    let position = 0
    for (const index of other.outstanding.keys()) {
      position++
      if (!isWanted(index)) continue
      const expected = other.expect(position, nowMs)
      const copies = all.filter(({ outstanding }) => outstanding.has(index)).length
      if (copies > 1 || expected <= latest) continue
      latest = expected
      found = index
    }
  }
  return found
}
