import type { CounterRandom } from '../random-numbers.ts'

/**
 * Chooses `kept` of `count` places by chance, in ascending order in each of the
 * two parts that the ring of places has been cut into.
 *
 * The places, as a ring turned by a random number, are cut into `kept` stretches
 * of lengths that differ by one at most, and one place of each is taken. Every
 * place is as likely as every other; that places of one stretch never come
 * together makes the error smaller than that of independent choices, if anything.
 * It takes one random number per kept value, whatever the number of values.
 *
 * @param random its counter 0 is for the turn, 1 + i for the stretch i
 */
export function forEachRandomPlace(
  count: number,
  kept: number,
  random: CounterRandom,
  visit: (place: number, index: number) => void
): void {
  if (kept === 0) return
  const shortest = Math.floor(count / kept)
  const longer = count % kept
  const turn = below(count, random(0))
  let start = turn
  for (let i = 0; i < kept; i++) {
    const length = i < longer ? shortest + 1 : shortest
    const place = start + below(length, random(1 + i))
    visit(place < count ? place : place - count, i)
    start += length
  }
}

/** An integer below `limit` from 32 random bits; in float64, where the product is rounded. */
function below(limit: number, bits: number): number {
  return Math.floor((bits * limit) / 2 ** 32)
}
