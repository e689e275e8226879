import type { RoundingKeys } from '../random-rounding.ts'

/** The loops over the codes of one block, which are what block formats differ in. */
export interface CodeLoops {
  /** Rounds `values[i] / scale` to the nearest code, ties to even; `at` is where the codes begin. */
  round(
    values: Float32Array,
    start: number,
    end: number,
    scale: number,
    out: Uint8Array,
    at: number
  ): void

  /** Rounds `values[i] / scale` up or down by chance; `start` is even. */
  roundByChance(
    values: Float32Array,
    start: number,
    end: number,
    scale: number,
    keys: RoundingKeys,
    out: Uint8Array,
    at: number
  ): void

  /** The largest magnitude among the codes of `count` values. */
  largest(bytes: Uint8Array, at: number, count: number): number

  /** Writes `code * scale`. */
  multiply(
    bytes: Uint8Array,
    at: number,
    scale: number,
    out: Float32Array,
    start: number,
    end: number
  ): void

  /** Adds `factor * (code * scale)`, each result rounded to float32. */
  accumulate(
    bytes: Uint8Array,
    at: number,
    scale: number,
    factor: number,
    out: Float32Array,
    start: number,
    end: number
  ): void
}

/**
 * Adding 1.5 · 2^52 leaves a float64 no bits for fractions, so the addition
 * rounds to the nearest integer, ties to even.
 */
export const ROUNDER: number = 1.5 * 2 ** 52
