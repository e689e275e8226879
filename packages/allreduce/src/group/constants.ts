/** ms that members have to come together in, where `connectTimeoutMs` is left out. */
export const CONNECT_TIMEOUT_MS = 30_000

/**
 * ms that an operation waits for a member that is alive but has not called it,
 * where `patienceMs` is left out: a member may well compute for minutes.
 */
export const GROUP_PATIENCE_MS = 300_000

/** ms that `close` waits for members that still need something of this one. */
export const LINGER_MS = 10_000

/** Bounds of the time, in ms, in which nothing moves before those waited for are asked: ten round trips. */
export const MIN_QUIET_MS = 100
export const MAX_QUIET_MS = 1_000
export const QUIET_ROUND_TRIPS = 10

/**
 * Bounds of the time, in ms, in which a member that was asked has to say anything:
 * thirty round trips, since the answer may wait behind segments on the same
 * connection. At least a second, lest a pause of its garbage collector count.
 */
export const MIN_SILENCE_MS = 1_000
export const MAX_SILENCE_MS = 5_000
export const SILENCE_ROUND_TRIPS = 30

/** ms in which nothing moves, though everybody waited for answers and is at it, after which it is given up. */
export const STANDSTILL_MS = 8_000

/** How many operations ahead a member may be: its aborts of those to come are kept. */
export const MAX_OPERATIONS_AHEAD = 16

/** Longest text of a request's field on the wire, in bytes: a fingerprint of a bucket, escaped. */
export const MAX_FIELD_LENGTH = 512

/** Choices of `auto` that are kept: a model has so many sizes of tensors or fewer. */
export const MAX_KEPT_CHOICES = 64
