import { FLOAT16_INFINITY } from '../constants.ts'
import type { HalfFormat } from './halves.ts'

/** Half of the smallest float16 times 2^24: adding it aligns a float32 to float16's denormals. */
const ALIGNER = 0.5
const ALIGNER_BITS = 0x3f00_0000

/** Bits of 2^-14, the smallest float16 that is no denormal. */
const NORMAL = 0x3880_0000

/** By how much the exponent of a float32 is larger: 127 - 15, at its place. */
const BIAS = (127 - 15) << 23

const float = new Float32Array(1)
const int = new Int32Array(float.buffer)

/** IEEE 754 binary16: 1 bit of sign, 5 of exponent, 10 of fraction. */
export const float16: HalfFormat = {
  // 65,520, halfway between the largest float16 and what would come next
  overflow: 0x477f_f000,
  infinity: FLOAT16_INFINITY,

  narrow(bits) {
    const sign = (bits >>> 16) & 0x8000
    const magnitude = bits & 0x7fff_ffff
    if (magnitude < NORMAL) {
      // the last bit of 0.5 is worth 2^-24, as that of a denormal is: the addition rounds
      int[0] = magnitude
      float[0] = float[0]! + ALIGNER
      return sign | (int[0] - ALIGNER_BITS)
    }
    // half a unit less one, and one more where the last bit is odd: ties to even
    const odd = (magnitude >>> 13) & 1
    return sign | ((magnitude - BIAS + 0xfff + odd) >>> 13)
  },

  widen(half) {
    const sign = (half & 0x8000) << 16
    const magnitude = half & 0x7fff
    if (magnitude >= 0x7c00) return sign | 0x7f80_0000 | (magnitude << 13)
    if (magnitude >= 0x400) return sign | ((magnitude << 13) + BIAS)
    float[0] = magnitude * 2 ** -24
    return sign | int[0]!
  }
}
