import { INT8_BLOCK_EXPONENT } from './constants.ts'
import { dequantize, findBadScale, quantize, quantizedLength } from './int8-kernels.ts'
import type { ValueStage } from './value-stage.ts'

/** Block-wise symmetric quantization to signed bytes. */
export const int8Stage: ValueStage = {
  name: 'int8',
  id: 2,
  blockExponent: INT8_BLOCK_EXPONENT,
  lossless: false,
  encodedLength: quantizedLength,
  encode: quantize,
  findFault(bytes, count) {
    const block = findBadScale(bytes, count)
    return block < 0
      ? undefined
      : `the scale of block ${block} is negative, not finite or too large`
  },
  decode: dequantize
}
