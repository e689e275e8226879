/**
 * The float kernels of the executor in plain TypeScript, unrolled where the
 * engine does not do it by itself.
 */

/** `into[i] += values[i]`; equal lengths. */
export function add(into: Float32Array, values: Float32Array): void {
  const length = into.length
  for (let i = 0; i < length; i++) into[i] = (into[i] as number) + (values[i] as number)
}

/**
 * `values[i] *= factor`
 *
 * @returns whether all results are finite; see {@link findNonFinite} for how
 */
export function scale(values: Float32Array, factor: number): boolean {
  const length = values.length
  let zero = 0
  for (let i = 0; i < length; i++) {
    const scaled = (values[i] as number) * factor
    values[i] = scaled
    zero += scaled * 0
  }
  return zero === 0
}

/**
 * Index of the first NaN or infinity, or -1.
 *
 * A finite number times zero is zero, anything else is NaN and stays NaN in a
 * sum, so one multiplication and addition per value finds out whether there is
 * one; four sums hide the latency of the addition.
 */
export function findNonFinite(values: Float32Array): number {
  const length = values.length
  const even = length - (length % 4)
  let a = 0
  let b = 0
  let c = 0
  let d = 0
  for (let i = 0; i < even; i += 4) {
    a += (values[i] as number) * 0
    b += (values[i + 1] as number) * 0
    c += (values[i + 2] as number) * 0
    d += (values[i + 3] as number) * 0
  }
  for (let i = even; i < length; i++) a += (values[i] as number) * 0
  return a + b + c + d === 0 ? -1 : values.findIndex((value) => !Number.isFinite(value))
}
