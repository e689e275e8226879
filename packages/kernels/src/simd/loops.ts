import { BINARY } from './binary.ts'

/**
 * What assembly/index.ts exports. Pointers are into the memory of the instance,
 * counts are in values; nothing is checked.
 */
export interface Loops {
  add(target: number, values: number, count: number): void
  scaledAdd(target: number, values: number, count: number, factor: number): void
  blockMaxAbs(values: number, count: number, blockLength: number, out: number): void
  findNonFinite(values: number, count: number): number
  collectAbove(values: number, count: number, least: number, index: number, out: number): number
  encodeInt8: Encode
  encodeInt8ByChance: EncodeByChance
  decodeInt8: Decode
  accumulateInt8: Accumulate
  encodeInt4: Encode
  encodeInt4ByChance: EncodeByChance
  decodeInt4: Decode
  accumulateInt4: Accumulate
  findFaultOfHalves(bytes: number, count: number, infinity: number): number
  encodeFloat16: Encode
  decodeFloat16: Decode
  accumulateFloat16: Accumulate
  encodeBfloat16: Encode
  decodeBfloat16: Decode
  accumulateBfloat16: Accumulate
}

/** @returns -1, or the index of the first value there is no code for */
export type Encode = (values: number, count: number, out: number) => number

/**
 * @param index of the first value within the whole array; even
 * @returns as {@link Encode}
 */
export type EncodeByChance = (
  values: number,
  count: number,
  out: number,
  index: number,
  first: number,
  second: number
) => number

export type Decode = (bytes: number, count: number, out: number) => void

export type Accumulate = (bytes: number, count: number, out: number, factor: number) => void

/**
 * Compiles the loops, which takes about a millisecond.
 *
 * @returns `undefined` where the platform lacks WebAssembly or its SIMD, or forbids them
 */
export function compileLoops(): WebAssembly.Module | undefined {
  if (typeof WebAssembly === 'undefined') return undefined
  try {
    return new WebAssembly.Module(Uint8Array.from(atob(BINARY), (char) => char.charCodeAt(0)))
  } catch {
    // an unknown instruction or a content security policy: both are a CompileError
    return undefined
  }
}
