import { ADAM, LEARNING_RATE } from './constants.ts'

/** Changes parameters by a gradient. */
export interface Optimizer {
  /** Takes one step, in place. */
  step(parameters: Float32Array, gradient: Float32Array): void
}

/**
 * Adam (Kingma and Ba, 2015), with a step size that falls smoothly to zero
 * over the run.
 *
 * Peers apply the same mean gradient each by itself and have to end with the
 * same bits. So it is plain arithmetic in float64 rounded to float32 where it is
 * stored, and powers are kept by multiplication: `+ - * /` and the square root
 * are rounded the same on every machine, `Math.pow` and `Math.cos` need not be.
 *
 * @param steps length of the run
 */
export function createAdam(length: number, steps: number): Optimizer {
  const { beta1, beta2, epsilon } = ADAM
  const mean = new Float32Array(length)
  const square = new Float32Array(length)
  let power1 = 1
  let power2 = 1
  let taken = 0
  return {
    step(parameters, gradient) {
      power1 *= beta1
      power2 *= beta2
      const rate = (LEARNING_RATE * decay(taken++ / steps)) / (1 - power1)
      const correction = 1 / (1 - power2)
      for (let i = 0; i < length; i++) {
        const g = gradient[i] ?? 0
        const m = beta1 * (mean[i] ?? 0) + (1 - beta1) * g
        const s = beta2 * (square[i] ?? 0) + (1 - beta2) * g * g
        mean[i] = m
        square[i] = s
        parameters[i] = (parameters[i] ?? 0) - (rate * m) / (Math.sqrt(s * correction) + epsilon)
      }
    }
  }
}

/** A smooth fall from 1 at 0 to 0 at 1, flat at both ends. */
function decay(progress: number): number {
  return 1 - progress * progress * (3 - 2 * progress)
}
