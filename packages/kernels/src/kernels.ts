import type { Arena } from './arena.ts'
import type { NumberFormat } from './number-format.ts'

/**
 * The loops over float32 arrays that have to run at the speed of memory.
 *
 * There are two implementations, which give the same bits for the same input,
 * with one exception: where a result is NaN, which NaN it is, is left to the
 * machine.
 *
 * Any array will do, one over a `SharedArrayBuffer` too. Arrays from
 * {@link allocate} or {@link createArena} are worked on where they are, others are
 * copied through in pieces, which costs about half of the speed.
 *
 * Nothing here throws because of what the values are. A `RangeError` says that
 * arrays do not fit together, which is a mistake of the caller. The arrays of one
 * call must not overlap, except that the two of `add` and `scaledAdd` may be the same.
 */
export interface Kernels {
  /**
   * `simd` is WebAssembly SIMD. `plain` is TypeScript, which is what there is where
   * the platform lacks the former or forbids it (a content security policy
   * without `wasm-unsafe-eval`).
   */
  readonly kind: 'simd' | 'plain'

  /**
   * Makes an array of zeros that these kernels work on in place. It stays valid
   * as long as it is referenced, is never detached, and is given back by garbage
   * collection like any other. Behind each is a WebAssembly memory of its own, so
   * this is for tensors, of which there are some dozens, not for small arrays;
   * those that belong together go into one {@link createArena}. Where no more such
   * memory can be had, it is an ordinary array: slower, nothing else.
   *
   * @param length in values
   * @throws {RangeError} unless it is a whole number, zero or more
   */
  allocate(length: number): Float32Array<ArrayBuffer>

  /**
   * Makes one piece of memory for several arrays, which kernels then work on in
   * place even where they take two of them.
   *
   * @param byteLength for all arrays together, each rounded up to a multiple of 64
   * @throws {RangeError} unless it is a whole number, zero or more
   */
  createArena(byteLength: number): Arena

  /** `target[i] += values[i]`; as long as each other. */
  add(target: Float32Array, values: Float32Array): void

  /**
   * `target[i] += factor · values[i]`; as long as each other. Product and sum are
   * rounded to float32 one after the other.
   *
   * @param factor rounded to float32
   */
  scaledAdd(target: Float32Array, values: Float32Array, factor: number): void

  /**
   * The largest magnitude of each block. A NaN is larger than infinity, infinity
   * larger than the rest.
   *
   * @param blockLength values per block, at least 1; the last block may be shorter
   * @param out one value per block
   */
  blockMaxAbs(values: Float32Array, blockLength: number, out: Float32Array): void

  /** The index of the first value that is infinite or NaN, or -1. */
  findNonFinite(values: Float32Array): number

  /**
   * Selects the values of largest magnitude, exactly: of equal magnitudes those of
   * lower index. Takes time linear in `values.length`.
   *
   * @param indices takes their indices, ascending; as many are selected as it is
   * long, which is at most `values.length`
   * @returns -1; or the index of the first value that is not finite, where there is
   * one and `indices` is not empty. What is in `indices` then means nothing
   */
  selectTop(values: Float32Array, indices: Uint32Array): number

  /**
   * Selects the values whose magnitude is at least a threshold, and all that are
   * infinite or NaN.
   *
   * @param threshold rounded to float32; not negative, not NaN
   * @param indices takes their indices, ascending; what does not fit is counted only
   * @returns how many there are
   */
  selectAbove(values: Float32Array, threshold: number, indices: Uint32Array): number

  /** A signed byte per value, times the scale of a block. */
  readonly int8: NumberFormat
  /** Half a byte per value, the first one in the lower half, times the scale of a block. */
  readonly int4: NumberFormat
  /** IEEE 754 binary16. */
  readonly float16: NumberFormat
  /** The upper half of a float32. */
  readonly bfloat16: NumberFormat
}
