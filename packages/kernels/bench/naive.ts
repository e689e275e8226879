import { SAMPLE_SEEDS, samplePlaces } from '../src/simd/sample-limit.ts'

/** Symmetric int8 quantization in blocks of 256, as one would write it. */
export function naiveInt8(values: Float32Array, codes: Int8Array, scales: Float32Array): void {
  for (let start = 0; start < values.length; start += 256) {
    const end = Math.min(start + 256, values.length)
    let peak = 0
    for (let i = start; i < end; i++) peak = Math.max(peak, Math.abs(values[i]!))
    const scale = peak / 127
    scales[start / 256] = scale
    for (let i = start; i < end; i++) codes[i] = Math.round(values[i]! / scale)
  }
}

/** Values of a bell curve, made from a seed. */
export function bellCurve(count: number, seed: number): Float32Array {
  let state = seed
  const next = (): number => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) | 0
    return state / 2 ** 31
  }
  return Float32Array.from({ length: count }, () => next() + next() + next() + next())
}

/**
 * Values that mislead every sample, so that all of them have to be counted: a bell
 * curve, but large where samples are taken.
 */
export function worstForTop(count: number): Float32Array {
  const values = bellCurve(count, 1)
  for (const seed of SAMPLE_SEEDS) {
    for (const place of samplePlaces(count, seed)) values[place] = 100
  }
  return values
}
