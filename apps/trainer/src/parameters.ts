import { CLASSES, HIDDEN, PIXELS } from './constants.ts'
import { createSequence } from './random.ts'

/** One tensor of the model. */
export interface Tensor {
  readonly name: 'hiddenWeights' | 'hiddenBias' | 'outputWeights' | 'outputBias'
  /** Inputs first, then outputs; a bias has outputs only. */
  readonly shape: readonly number[]
}

/** The tensors in the order in which they lie in the flat parameters. */
export const TENSORS: readonly Tensor[] = [
  { name: 'hiddenWeights', shape: [PIXELS, HIDDEN] },
  { name: 'hiddenBias', shape: [HIDDEN] },
  { name: 'outputWeights', shape: [HIDDEN, CLASSES] },
  { name: 'outputBias', shape: [CLASSES] }
]

/** Float32 values of the model, and so of its gradient. */
export const PARAMETER_COUNT: number = TENSORS.reduce((sum, { shape }) => sum + volume(shape), 0)

/**
 * Initial parameters: weights uniform within the bound of He et al. for
 * rectified units, biases zero. Only a multiplication and a square root are
 * needed, which IEEE 754 rounds the same everywhere, so each peer starts from
 * the same bits.
 */
export function initialParameters(seed: number): Float32Array<ArrayBuffer> {
  const sequence = createSequence(seed)
  const parameters = new Float32Array(PARAMETER_COUNT)
  let offset = 0
  for (const { shape } of TENSORS) {
    const [inputs = 1, outputs] = shape
    const bound = Math.sqrt(6 / inputs)
    for (let i = 0; i < volume(shape); i++) {
      parameters[offset++] = outputs === undefined ? 0 : bound * (2 * sequence.unit() - 1)
    }
  }
  return parameters
}

/** Values of a tensor of this shape. */
export function volume(shape: readonly number[]): number {
  return shape.reduce((product, side) => product * side, 1)
}
