/**
 * ms before the first further try to reach a peer; doubles with each failure. It
 * comes fast because the usual reason is a peer that is just starting, which a
 * round or a group waits for.
 */
export const FIRST_RETRY_MS = 20

/**
 * Data channels that a peer may have open to this one. Each may hold up a frame
 * for an operation that has not begun here.
 */
export const MAX_TAGS = 16

/** Largest tag on the wire. */
export const MAX_TAG: number = 2 ** 32 - 1

/** The tag of a run's rounds, and of what names none. */
export const DEFAULT_TAG = 0
