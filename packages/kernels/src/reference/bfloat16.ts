import { BFLOAT16_INFINITY } from '../constants.ts'
import type { HalfFormat } from './halves.ts'

/** The upper half of a float32: 1 bit of sign, 8 of exponent, 7 of fraction. */
export const bfloat16: HalfFormat = {
  // halfway between the largest bfloat16 and what would come next
  overflow: 0x7f7f_8000,
  infinity: BFLOAT16_INFINITY,
  // half a unit less one, and one more where the last bit is odd: ties to even
  narrow: (bits) => (bits + 0x7fff + ((bits >>> 16) & 1)) >>> 16,
  widen: (half) => half << 16
}
