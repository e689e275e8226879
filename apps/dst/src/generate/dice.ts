import { createSimnet } from '@daa-compute/simnet'

/** Chance, in the forms that scenarios need it. */
export interface Dice {
  /** `true` with this probability. */
  chance(probability: number): boolean
  /** A whole number from `min` to `max`, both included. */
  whole(min: number, max: number): number
  /** A number from `min` to below `max`. */
  between(min: number, max: number): number
  /** A number from `min` to `max` whose logarithm is even: small ones are as likely as large ones. */
  scale(min: number, max: number): number
  pick<T>(list: readonly T[]): T
  /** One of the values, by their weights. */
  weighted<T>(choices: readonly (readonly [weight: number, value: T])[]): T
}

/** Dice whose throws depend on this text and on nothing else. */
export function createDice(stream: string): Dice {
  const { random } = createSimnet({ seed: `dice ${stream}` })
  const whole = (min: number, max: number): number =>
    min + Math.floor(random.next() * (max - min + 1))
  return {
    chance: (probability) => random.next() < probability,
    whole,
    between: (min, max) => min + random.next() * (max - min),
    scale: (min, max) => min * (max / min) ** random.next(),
    pick(list) {
      const value = list[whole(0, list.length - 1)]
      if (value === undefined) throw new RangeError('there is nothing to pick from')
      return value
    },
    weighted(choices) {
      let left = random.next() * choices.reduce((sum, [weight]) => sum + weight, 0)
      for (const [weight, value] of choices) {
        left -= weight
        if (left < 0) return value
      }
      throw new RangeError('there is nothing to choose from')
    }
  }
}
