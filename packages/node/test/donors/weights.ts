/** The run whose state is shared. */
export const RUN = 'donors'

/** The same values in each process. */
export function fillWeights(length: number): Float32Array {
  const weights = new Float32Array(length)
  // a linear congruential generator (Knuth, TAOCP 3.3.4): fast, and no two blocks alike
  let state = 1
  for (let i = 0; i < length; i++) {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    weights[i] = state / 2 ** 32
  }
  return weights
}
