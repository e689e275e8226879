import type { VersionRange } from '@daa-compute/wire'

/** Versions of the admission protocol that this side speaks. */
export const ADMISSION_VERSIONS: VersionRange = { min: 1, max: 1 }

/**
 * How long a peer has for introducing itself on a channel that it has opened, in ms:
 * several round trips of the slowest links.
 */
export const INTRODUCTION_TIMEOUT_MS = 8_000

/**
 * How long the opener waits for an answer, in ms: long enough that it still gets the
 * reason when the other end has lost patience.
 */
export const ANSWER_TIMEOUT_MS = 10_000

/** How long a refused peer has for taking the reason, in ms. */
export const REFUSAL_TIMEOUT_MS = 2_000

/**
 * Longest credential, in bytes: a membership token signed with the hybrid of Ed25519
 * and ML-DSA-65 (5.3 KiB) and every name in it at its longest.
 */
export const MAX_CREDENTIAL_LENGTH: number = 8 * 1024

/** Longest reason of a refusal, in UTF-16 units: two lines. */
export const MAX_REASON_LENGTH = 128

/** Random bytes that each end puts into a challenge: nobody draws the same ones twice. */
export const NONCE_LENGTH = 32

/** Introductions with one peer that may be under way at once: as many as it may have channels of a protocol. */
export const MAX_PENDING_PER_PEER = 64

/**
 * Introductions that may be under way at once, which others have begun: twice the
 * members of the largest run, should all come at once. Honest ones take a round trip
 * or two; beyond, the oldest gives way.
 */
export const MAX_PENDING = 2048

/** Longest id of a run, in bytes: as in `@daa-compute/allreduce` and twice that. */
export const MAX_RUN_ID_LENGTH = 256
