/**
 * Values that share one scale in the block formats: 256. Smaller blocks follow
 * the values more closely, larger ones cost less: at 256 the scales are 1.6% of
 * the bytes of int8.
 */
export const BLOCK_LENGTH: number = 1 << 8

/** Bytes of one float32, and so of a value and of a scale. */
export const FLOAT_LENGTH = 4

/** Largest code of int8; -128 is left out, so that the codes are symmetric. */
export const INT8_MAX = 127

/** Largest code of int4; -8 is left out, as -128 is in int8. */
export const INT4_MAX = 7

/** Bits of a float32 without its sign. */
export const MAGNITUDE = 0x7fff_ffff

/** Bits of float32 infinity: magnitudes from here on are infinite or NaN. */
export const INFINITY_BITS = 0x7f80_0000

/** Largest finite float32. */
export const FLOAT_MAX = 3.402_823_466_385_288_6e38

/** Bits of infinity in the formats of two bytes; the same holds for them. */
export const FLOAT16_INFINITY = 0x7c00
export const BFLOAT16_INFINITY = 0x7f80
