/** First byte of everything encoded. Chosen here; no other format of this project starts with it. */
export const MAGIC = 0xda

/** Version of the byte layout. Raised whenever old decoders could misread the bytes. */
export const FORMAT_VERSION = 2

/** Bytes of the header; a multiple of 4, so that float32 values behind it stay aligned. */
export const HEADER_LENGTH = 12

/** Most values in one encoding: the header counts them in 32 bits. */
export const MAX_VALUES = 0xffff_ffff

/** Bytes of one float32, and so of a value and of a scale. */
export const FLOAT_LENGTH = 4

/**
 * log2 of the bytes that go through the entropy stage at once: 1 MiB. Large enough
 * for all of them to be at full speed, small enough to bound what one call needs
 * of their memory, whatever the length of the tensor. Part of the format.
 */
export const TILE_EXPONENT = 20
export const TILE_LENGTH: number = 2 ** TILE_EXPONENT

/** Bytes in front of each tile: its length, and the length of what it became. */
export const TILE_HEAD_LENGTH = 8

/** Numbers of the value stages on the wire; none is ever used again for another stage. */
export const VALUE_IDS = {
  float32: 1,
  float16: 2,
  bfloat16: 3,
  int8: 4,
  int4: 5,
  sign: 6,
  sparse: 7,
  topk: 8,
  threshold: 9,
  randomk: 10
} as const

/** Numbers of the entropy stages on the wire. */
export const ENTROPY_IDS = { zstd: 1, lz4: 2, snappy: 3, auto: 4 } as const

/** Bits of float32 infinity: magnitudes from here on are infinite or NaN. */
export const INFINITY_BITS = 0x7f80_0000
