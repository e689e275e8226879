/**
 * What a direction that was idle may move at once, as time at its cap, in ms: a
 * fiftieth of a second is a burst that no queue on the way notices.
 */
export const BURST_MS = 20

/** … and at least, in bytes: a few control frames, however low the cap. */
export const MIN_BURST: number = 4 * 1024

/**
 * Time at the cap that is made up for while frames wait or are on their way, in ms:
 * timers of a busy process come late, sockets are full for a moment, and that time
 * would otherwise be lost.
 */
export const CATCH_UP_MS = 250

/**
 * Frames up to this many bytes are taken for control: votes, signs of life and
 * plans of any group of eight are shorter.
 */
export const URGENT_BELOW: number = 2 * 1024

/**
 * Share of a cap at which control frames may pass whatever waits, and what of it
 * may be used at once, in bytes. They count like any others, so data gets the less.
 */
export const URGENT_SHARE = 0.25
export const URGENT_BURST: number = 16 * 1024

/**
 * Bytes that a frame takes on a connection besides its own: a length prefix of 4,
 * a yamux header of 12, and 18 for each Noise record, of which one is needed per
 * {@link RECORD_LENGTH}.
 */
export const FRAME_OVERHEAD = 34
export const RECORD_OVERHEAD = 18
export const RECORD_LENGTH = 65_519
