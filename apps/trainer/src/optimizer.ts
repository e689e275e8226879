import { ADAM, LEARNING_RATE } from './constants.ts'

/** All that training has come to: who has it can go on as if it had been there all along. */
export interface State {
  readonly parameters: Float32Array<ArrayBuffer>
  /** Adam's running mean of gradients, and of their squares. */
  readonly mean: Float32Array<ArrayBuffer>
  readonly square: Float32Array<ArrayBuffer>
  /** Steps taken: one number, in an array that can be shared like the others. */
  readonly taken: Int32Array<ArrayBuffer>
}

/** The state before the first step. */
export function createState(parameters: Float32Array<ArrayBuffer>): State {
  const { length } = parameters
  const [mean, square] = [new Float32Array(length), new Float32Array(length)]
  return { parameters, mean, square, taken: new Int32Array(1) }
}

/** Steps that a state has taken. */
export function stepsOf({ taken }: State): number {
  return taken[0] ?? 0
}

/**
 * Takes a step of Adam (Kingma and Ba, 2015), with a step size that falls
 * smoothly to zero over the run.
 *
 * Peers apply the same mean gradient each by itself and have to end with the
 * same bits. So it is plain arithmetic in float64 rounded to float32 where it is
 * stored, and powers are made by multiplication: `+ - * /` and the square root
 * are rounded the same on every machine, `Math.pow` and `Math.cos` need not be.
 *
 * @param steps length of the run
 * @param highest step size, that of the first step; default: of gradients that come whole
 * @param isMixed whether the gradient is a mean of running means already, of all peers
 */
export function takeStep(
  state: State,
  gradient: Float32Array,
  steps: number,
  highest: number = LEARNING_RATE,
  isMixed = false
): void {
  const { parameters, mean, square } = state
  const taken = stepsOf(state)
  const { beta1, beta2, epsilon } = ADAM
  const rate = (highest * decay(taken / steps)) / (1 - power(beta1, taken + 1))
  const correction = 1 / (1 - power(beta2, taken + 1))
  state.taken[0] = taken + 1
  for (let i = 0; i < parameters.length; i++) {
    const g = gradient[i] ?? 0
    const m = isMixed ? g : beta1 * (mean[i] ?? 0) + (1 - beta1) * g
    const s = beta2 * (square[i] ?? 0) + (1 - beta2) * g * g
    mean[i] = m
    square[i] = s
    parameters[i] = (parameters[i] ?? 0) - (rate * m) / (Math.sqrt(s * correction) + epsilon)
  }
}

/**
 * Adam's running mean of gradients, kept by each peer of its own and brought instead of
 * them: what an honest peer brings then differs less from step to step, and a liar has
 * less noise to hide in (Karimireddy, He and Jaggi, 2021). One that is linear, as a mean is,
 * would make the same of both.
 */
export function createMixer(length: number): (gradient: Float32Array) => void {
  const mean = new Float32Array(length)
  const { beta1 } = ADAM
  return (gradient) => {
    for (let i = 0; i < length; i++) {
      mean[i] = beta1 * (mean[i] ?? 0) + (1 - beta1) * (gradient[i] ?? 0)
    }
    gradient.set(mean)
  }
}

/** A smooth fall from 1 at 0 to 0 at 1, flat at both ends. */
function decay(progress: number): number {
  return 1 - progress * progress * (3 - 2 * progress)
}

/** By repeated multiplication: the same bits at who was there all along and who came late. */
function power(base: number, exponent: number): number {
  let product = 1
  for (let i = 0; i < exponent; i++) product *= base
  return product
}
