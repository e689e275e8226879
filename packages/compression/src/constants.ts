/** First byte of everything encoded. Chosen here; no other format of this project starts with it. */
export const MAGIC = 0xda

/** Version of the byte layout. Raised whenever old decoders could misread the bytes. */
export const FORMAT_VERSION = 1

/** Bytes of the header; a multiple of 4, so that float32 values behind it stay aligned. */
export const HEADER_LENGTH = 8

/** Most values in one encoding: the header counts them in 32 bits. */
export const MAX_VALUES = 0xffff_ffff

/**
 * log2 of the values that share one scale in `int8`: 256. Smaller blocks follow
 * the values more closely, larger ones cost less: at 256 the scales are 1.6% of
 * the bytes.
 */
export const INT8_BLOCK_EXPONENT = 8

/** Bytes of one float32, and so of a value and of a scale. */
export const FLOAT_LENGTH = 4

/** Largest code of `int8`; -128 is left out, so that the codes are symmetric. */
export const INT8_MAX = 127

/**
 * Values that go through the entropy stage at once: 1 MiB of float32. Large
 * enough for zstd to be at full speed, small enough to bound what one call
 * needs of its heap, whatever the length of the tensor. Part of the format.
 */
export const TILE_VALUES = 262_144

/** Bytes of the length in front of each zstd frame. */
export const FRAME_LENGTH_BYTES = 4

/**
 * Range of zstd levels. 19 is the last one before the "ultra" levels, which
 * only enlarge the window and so gain nothing on tiles of 1 MiB.
 */
export const ZSTD_MIN_LEVEL = 1
export const ZSTD_MAX_LEVEL = 19

/** Higher levels are slower on gradients and hardly smaller (measured: 3 is no smaller than 1). */
export const ZSTD_DEFAULT_LEVEL = 1

/** Range of the one-number setting `compressionLevel`. */
export const MAX_COMPRESSION_LEVEL = 9

/** Bits of float32 infinity: magnitudes from here on are infinite or NaN. */
export const INFINITY_BITS = 0x7f80_0000

/** Largest finite float32. */
export const FLOAT_MAX = 3.402_823_466_385_288_6e38
