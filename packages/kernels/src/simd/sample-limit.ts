import { findCut } from '../reference/cut.ts'

/** Fewer values than this are counted faster than sampled. */
const MIN_VALUES = 65_536

/** Values in a sample: the top 1% are then known to a ninth. */
const SAMPLE_LENGTH = 8192

/** Where more than this part of the values is wanted, collecting gains nothing over counting. */
const MAX_PART = 0.25

/**
 * Seeds of two samples: an array may mislead one, by accident or because somebody
 * made it to.
 */
export const SAMPLE_SEEDS: readonly number[] = [1, 0x2545_f491]

/** What a sample suggests. */
export interface Limit {
  /** Bits of a magnitude that somewhat more values than wanted should reach. */
  readonly magnitude: number
  /** Room for as many as that may be, and more. */
  readonly room: number
}

/**
 * Guesses a magnitude that at least `count` values reach and not many more, with
 * four standard deviations to be wrong by.
 *
 * The places of the sample follow from length and seed, so that the work done is the
 * same every time; what is selected does not depend on them.
 *
 * @param seed of the places
 * @returns `undefined` where a guess does not pay
 */
export function sampleLimit(bits: Int32Array, count: number, seed: number): Limit | undefined {
  if (bits.length < MIN_VALUES) return undefined
  const expected = (SAMPLE_LENGTH * count) / bits.length
  const rank = Math.ceil(expected + 4 * Math.sqrt(expected) + 8)
  if (rank > MAX_PART * SAMPLE_LENGTH) return undefined

  const sample = new Int32Array(SAMPLE_LENGTH)
  const places = samplePlaces(bits.length, seed)
  for (let i = 0; i < SAMPLE_LENGTH; i++) sample[i] = bits[places[i]!]!
  const { magnitude } = findCut(sample, rank)
  const room = Math.min(bits.length, Math.ceil((2 * rank * bits.length) / SAMPLE_LENGTH))
  return { magnitude, room }
}

/** One place within each of as many pieces: a lattice alone would follow the rows of a matrix. */
export function samplePlaces(length: number, seed: number): Uint32Array {
  const places = new Uint32Array(SAMPLE_LENGTH)
  const spacing = length / SAMPLE_LENGTH
  let state = seed
  for (let i = 0; i < SAMPLE_LENGTH; i++) {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    places[i] = (i + state / 2 ** 32) * spacing
  }
  return places
}
