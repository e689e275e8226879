import type { Dice } from './dice.ts'

/** Shapes of values that decoders have separate paths for. */
const SHAPES: readonly ((dice: Dice) => (index: number) => number)[] = [
  (dice) => () => (unit(dice) + unit(dice) + unit(dice) - 1.5) / 50,
  (dice) => () => (dice.chance(0.9) ? 0 : unit(dice) - 0.5),
  (dice) => () => (dice.chance(0.995) ? 0 : unit(dice) - 0.5),
  () => () => 0,
  () => () => -0.1,
  (dice) => () => (dice.chance(0.5) ? -0 : 2 ** -149 * dice.below(300)),
  (dice) => () => (unit(dice) - 0.5) * 6e38,
  (dice) => () => (dice.chance(0.5) ? 1 : -1),
  (dice) => () => (unit(dice) - 0.5) * 10 ** (dice.below(60) - 35),
  (dice) => (index) => ((index >>> 8) & 1 ? 0 : unit(dice) - 0.5)
]

/** Finite float32 values of a shape that the dice choose. */
export function sampleValues(dice: Dice, length: number): Float32Array {
  const value = dice.pick(SHAPES)(dice)
  return Float32Array.from({ length }, (_, index) => value(index))
}

function unit(dice: Dice): number {
  return dice.below(2 ** 24) / 2 ** 24
}
