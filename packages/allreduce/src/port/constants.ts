/** Longest frame where `maxFrameLength` is left out, in bytes: a payload of 1 MiB and a header. */
export const DEFAULT_MAX_FRAME_LENGTH: number = 2 ** 20 + 1024

/**
 * Bytes of one channel and direction that may be sent and not taken yet, where
 * `windowLength` is left out: some frames, so that sender and receiver overlap.
 */
export const DEFAULT_WINDOW_LENGTH: number = 4 * 2 ** 20

/** What a frame counts for besides its bytes, so that empty ones fill a window, too. */
export const FRAME_OVERHEAD = 64
