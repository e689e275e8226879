/** Elements that block-wise codecs scale together: what has a block for itself keeps its value. */
const BLOCK = 256

/**
 * Values and how much they count, in one array whose sum over a group gives both the
 * weighted mean and the weight that it goes on with. The caller's values stay as they
 * are until the mean is known. It keeps its memory from round to round.
 */
export class Weighing {
  #sum = new Float32Array(0)

  /** @returns the values times the weight, and behind them, in a block of its own, the weight */
  pack(values: Float32Array, weight: number): Float32Array {
    const length = Math.ceil(values.length / BLOCK) * BLOCK + BLOCK
    if (this.#sum.length !== length) this.#sum = new Float32Array(length)
    const sum = this.#sum
    sum.fill(0, values.length)
    if (weight === 1) sum.set(values)
    else for (let i = 0; i < values.length; i++) sum[i] = (values[i] ?? 0) * weight
    sum[length - BLOCK] = weight
    return sum
  }

  /**
   * Replaces values by the mean that a sum comes to; where nobody had a weight they
   * stay as they are.
   *
   * @param sum what {@link pack} gave, summed over `size` members
   * @returns the weight of each from now on: that of all together stays what it was
   */
  unpack(sum: Float32Array, size: number, values: Float32Array): number {
    const total = sum[sum.length - BLOCK] ?? 0
    if (total <= 0) return 0
    const share = 1 / total
    for (let i = 0; i < values.length; i++) values[i] = (sum[i] ?? 0) * share
    return total / size
  }
}
