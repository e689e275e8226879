/** First byte of a delta message; other bytes of this package start with 0xda. */
export const DELTA_MAGIC = 0xdd

/** Version of the layout below. Raised whenever old decoders could misread the bytes. */
export const DELTA_VERSION = 1

/** Bytes in front of the codec's; a multiple of 4, so that float32 values stay aligned. */
export const DELTA_HEADER_LENGTH = 16

/**
 * Messages from one that needs no base to the next: who missed one without being
 * able to say so is in step again after as many, for 1.6% of the savings.
 */
export const DEFAULT_KEY_INTERVAL = 64
