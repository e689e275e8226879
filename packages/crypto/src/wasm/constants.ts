/** Where text begins in the memory of the cipher, in bytes: its first page has the keys and what derives from them. */
export const TEXT = 65_536

/**
 * Bytes of text that are worked on at once: as many as the longest record of Noise
 * has, rounded up to whole blocks, and no fewer than that fits the second level
 * cache.
 */
export const TILE_LENGTH = 65_536

/**
 * Bytes behind a tile: lengths of 16 behind the last block, and what the key stream
 * is laid over in steps of 256.
 */
export const SLACK_LENGTH = 512

/** Bytes of a block of Poly1305: RFC 8439, section 2.5. */
export const BLOCK_LENGTH = 16

/** Bytes that the cipher's Poly1305 takes in at once. */
export const GROUP_LENGTH: number = 4 * BLOCK_LENGTH
