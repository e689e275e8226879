import { createSequence } from './random.ts'

/**
 * What a peer may bring instead of its gradient, for experiments:
 *
 * - `flip`: the gradient with its sign turned, upwards instead of downwards. As long as
 *   most are honest it makes the mean shorter, and noisier for its length;
 * - `sign`: ten times that, which turns the mean around as well;
 * - `noise`: uniform noise a thousand times as large as a gradient;
 * - `constant`: the same large number everywhere;
 * - `bias`: the gradient and a small vector, the same in each step and of all liars,
 *   which no look at a single contribution tells from noise.
 */
export type Lie = (typeof LIES)[number]

export const LIES = ['flip', 'sign', 'noise', 'constant', 'bias'] as const

/** Factor of a gradient that is turned and made longer. */
const SIGN_FACTOR = -10

/** Largest value of the noise; a gradient's values are around 0.001. */
const NOISE = 1

const CONSTANT = 1

/** Of each value of a bias, which has either sign. */
const BIAS = 0.006

/** What makes seeds of them that nothing else of the trainer uses, lest a lie follow a batch's order. */
const NOISE_STREAM = 0x7a11
const BIAS_STREAM = 0x51de

/**
 * Makes a liar of one kind, which turns gradients into what it brings, in place.
 *
 * @param index which peer it is: their noise differs
 */
export function createLiar(
  lie: Lie,
  seed: number,
  index: number
): (gradient: Float32Array) => void {
  switch (lie) {
    case 'flip':
      return (gradient) => change(gradient, (value) => -value)
    case 'sign':
      return (gradient) => change(gradient, (value) => value * SIGN_FACTOR)
    case 'noise': {
      const sequence = createSequence(seed ^ (NOISE_STREAM + index))
      return (gradient) => change(gradient, () => (2 * sequence.unit() - 1) * NOISE)
    }
    case 'constant':
      return (gradient) => void gradient.fill(CONSTANT)
    case 'bias': {
      return (gradient) => {
        const sequence = createSequence(seed ^ BIAS_STREAM)
        change(gradient, (value) => value + (sequence.integer(0, 1) === 0 ? -BIAS : BIAS))
      }
    }
  }
}

function change(gradient: Float32Array, to: (value: number) => number): void {
  for (let i = 0; i < gradient.length; i++) gradient[i] = to(gradient[i] ?? 0)
}
