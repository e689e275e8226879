// The loops, over bytes that src/simd puts in their place. Pointers are into the one
// memory, which src/simd provides; counts are in values. Nothing is checked here.

export { add, scaledAdd } from './vector'
export { blockMaxAbs, findNonFinite } from './magnitude'
export { accumulateInt8, decodeInt8, encodeInt8, encodeInt8ByChance } from './int8'
export { accumulateInt4, decodeInt4, encodeInt4, encodeInt4ByChance } from './int4'
export { findFaultOfHalves } from './halves'
export { accumulateFloat16, decodeFloat16, encodeFloat16 } from './float16'
export { accumulateBfloat16, decodeBfloat16, encodeBfloat16 } from './bfloat16'
export { collectAbove } from './select'
