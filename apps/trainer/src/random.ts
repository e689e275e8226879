import { uniformInt } from 'pure-rand/distribution/uniformInt'
import { xoroshiro128plus } from 'pure-rand/generator/xoroshiro128plus'

/** A seeded sequence of numbers: the same for the same seed on every machine. */
export interface Sequence {
  /** A uniformly random integer from `low` to `high`, both included. */
  integer(low: number, high: number): number
  /** A uniformly random number, at least 0 and less than 1, with 24 random bits. */
  unit(): number
}

/**
 * Makes a sequence.
 *
 * @param seed a 32-bit integer
 * @param stream sequences of one seed and different streams have nothing in common
 */
export function createSequence(seed: number, stream = 0): Sequence {
  const generator = xoroshiro128plus(seed)
  for (let i = 0; i < stream; i++) generator.jump()
  return {
    integer: (low, high) => uniformInt(generator, low, high),
    unit: () => uniformInt(generator, 0, 2 ** 24 - 1) / 2 ** 24
  }
}

/** The numbers 0 to `length - 1` in a random order (Fisher and Yates). */
export function shuffled(length: number, sequence: Sequence): Uint32Array {
  const order = Uint32Array.from({ length }, (_, index) => index)
  for (let i = length - 1; i > 0; i--) {
    const j = sequence.integer(0, i)
    const swap = order[i] ?? 0
    order[i] = order[j] ?? 0
    order[j] = swap
  }
  return order
}
