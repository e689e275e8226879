import { ADAM, LEARNING_RATE } from './constants.ts'

/** All that training has come to: who has it can go on as if it had been there all along. */
export interface State {
  readonly parameters: Float32Array<ArrayBuffer>
  /** Adam's running mean of gradients, and of their squares. */
  readonly mean: Float32Array<ArrayBuffer>
  readonly square: Float32Array<ArrayBuffer>
  /** Steps taken. */
  taken: number
}

/** The state before the first step. */
export function createState(parameters: Float32Array<ArrayBuffer>): State {
  const { length } = parameters
  return { parameters, mean: new Float32Array(length), square: new Float32Array(length), taken: 0 }
}

/**
 * The state as arrays that peers can average: in float64 the mean of equal
 * float32 values is exact, so that sharing a state changes it nowhere.
 */
export function packState({
  parameters,
  mean,
  square,
  taken
}: State): Record<string, Float64Array> {
  return {
    parameters: Float64Array.from(parameters),
    mean: Float64Array.from(mean),
    square: Float64Array.from(square),
    taken: Float64Array.of(taken)
  }
}

/** Takes over a state that was shared. */
export function unpackState(state: State, shared: Readonly<Record<string, Float64Array>>): void {
  for (const name of ['parameters', 'mean', 'square'] as const) {
    state[name].set(shared[name] ?? [])
  }
  state.taken = Math.round(shared['taken']?.[0] ?? 0)
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
 */
export function takeStep(
  state: State,
  gradient: Float32Array,
  steps: number,
  highest: number = LEARNING_RATE
): void {
  const { parameters, mean, square } = state
  const { beta1, beta2, epsilon } = ADAM
  const rate = (highest * decay(state.taken / steps)) / (1 - power(beta1, state.taken + 1))
  const correction = 1 / (1 - power(beta2, state.taken + 1))
  state.taken++
  for (let i = 0; i < parameters.length; i++) {
    const g = gradient[i] ?? 0
    const m = beta1 * (mean[i] ?? 0) + (1 - beta1) * g
    const s = beta2 * (square[i] ?? 0) + (1 - beta2) * g * g
    mean[i] = m
    square[i] = s
    parameters[i] = (parameters[i] ?? 0) - (rate * m) / (Math.sqrt(s * correction) + epsilon)
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
