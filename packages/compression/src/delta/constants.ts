/** First byte of a delta message; other bytes of this package start with 0xda. */
export const DELTA_MAGIC = 0xdd

/** Version of the layout below. Raised whenever old decoders could misread the bytes. */
export const DELTA_VERSION = 2

/** Bytes in front of the codec's; a multiple of 4, so that float32 values stay aligned. */
export const DELTA_HEADER_LENGTH = 16

/**
 * Messages from one that needs no base to the next: who missed one without being
 * able to say so is in step again after as many, for 1.6% of the savings.
 */
export const DEFAULT_KEY_INTERVAL = 64

/**
 * Largest magnitude of which an all-reduce takes differences, 2^90: a thousand of
 * them, weighted by 2^20, are still far from infinity.
 */
export const LARGEST_DIFFERED: number = 2 ** 90
