/**
 * Loops over float32 arrays at the speed of memory: sums, number formats with
 * fewer bits, selection of the largest. WebAssembly SIMD, and a reference in plain
 * TypeScript that gives the same bits.
 *
 * @packageDocumentation
 */
export type { Arena } from './arena.ts'
export { BLOCK_LENGTH } from './constants.ts'
export { createKernels } from './create-kernels.ts'
export { bitsOfFloat, bitsOfFloats, floatOfBits } from './float-bits.ts'
export type { Kernels } from './kernels.ts'
export type { NumberFormat } from './number-format.ts'
export { referenceKernels } from './reference/kernels.ts'
