/** What the bytes of a token begin with, so that its signature is good for nothing else. */
export const TOKEN_DOMAIN = 'daa membership token 1'

/** The same for revocations. */
export const REVOCATION_DOMAIN = 'daa membership revocation 1'

/** Prefix of a token's text, by which a person, or a scanner for secrets, knows it. */
export const TOKEN_PREFIX = 'daat_'

/** Prefix of a revocation's text; that is no secret. */
export const REVOCATION_PREFIX = 'daar_'

/** Longest name of a role, in bytes. */
export const MAX_ROLE_LENGTH = 32

/** Longest signature, in bytes: the hybrid of Ed25519 and ML-DSA-65 takes 5.3 KiB. */
export const MAX_SIGNATURE_LENGTH: number = 6 * 1024

/** The role of who takes part in rounds. */
export const DEFAULT_ROLE = 'trainer'

/**
 * Longest time from a token's issue to its expiry, in ms: 400 days. After that time
 * a revocation can be forgotten.
 */
export const MAX_TOKEN_LIFETIME_MS: number = 400 * 86_400_000

/** How far the clocks of owner and peers may be apart unless told otherwise, in ms. */
export const DEFAULT_CLOCK_SKEW_MS = 60_000

/** The most that may be set, in ms: an expiry has to mean something. */
export const MAX_CLOCK_SKEW_MS = 600_000

/** Revocations that are remembered one by one. */
export const MAX_REVOCATIONS = 4096

/** Revocations in one broadcast message, at most. */
export const MAX_REVOCATIONS_PER_MESSAGE = 64

/** Signatures of revocations that prove forged, checked per second at most: some 1% of a core. */
export const VERIFICATIONS_PER_SECOND = 100

/** Of these, how many one sender may have at once; it earns one per second. Pages are checked side by side. */
export const VERIFICATIONS_PER_SENDER = 8

/** Senders whose budget is remembered; of more, who has been quiet the longest is forgotten. */
export const MAX_REMEMBERED_SENDERS = 4096

/** Time between messages when all revocations are repeated, in ms: half of what a broadcast takes. */
export const REPEAT_PACE_MS = 100

/** A newcomer is told within this time, in ms; the first to do so does it for all. */
export const NEWCOMER_DELAY_MS = 2_000

/** Least time between two repetitions, in ms, however many newcomers there seem to be. */
export const MIN_REPEAT_MS = 10_000

/** Without newcomers, revocations are repeated after this time and up to twice as much, in ms. */
export const REPEAT_MS = 60_000
