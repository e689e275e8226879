/** Bytes of the length in front of a record, big-endian: libp2p's Noise specification, "Wire format". */
export const LENGTH_PREFIX = 2

/** Longest record, tag included, in bytes: Noise specification, section 3. */
export const MAX_RECORD_LENGTH = 65_535

/** Bytes of the tag behind a record's ciphertext: Noise specification, section 12. */
export const TAG_LENGTH = 16

/** Longest plaintext of a record, in bytes. */
export const MAX_PLAINTEXT_LENGTH: number = MAX_RECORD_LENGTH - TAG_LENGTH

/**
 * Pieces of plaintext up to so many bytes are laid side by side before they are
 * encrypted: a call of the cipher costs as much as copying them.
 */
export const COPY_BELOW = 4096

/** Records are handed to the connection so many bytes at a time, at most, so that one system call takes several. */
export const BATCH_LENGTH: number = 128 * 1024

/**
 * Microtasks without a byte to send after which what there is goes out as a record,
 * full or not. A sender that awaits its channel's `send` is back sooner.
 */
export const FLUSH_AFTER = 4

/** Ciphertext a socket may hold before it counts as full, in bytes, and what is left when there is room again. */
export const SOCKET_FULL: number = 384 * 1024
export const SOCKET_ROOM: number = 128 * 1024
