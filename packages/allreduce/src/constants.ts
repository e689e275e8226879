import type { VersionRange } from '@daa-compute/wire'

/** Version of the control and data protocols; both ends announce a range of them. */
export const PROTOCOL_VERSIONS: VersionRange = { min: 1, max: 1 }

/**
 * Bounds of a segment, the unit of pipelining, in elements: 64 KiB and 512 KiB of
 * float32. Below, the cost of a frame (some 10 µs) shows beside its bytes; above,
 * frames no longer fit the caches, nor every channel. Multiples of the 256
 * values that block-wise codecs scale together.
 */
export const MIN_SEGMENT_LENGTH = 16_384
export const MAX_SEGMENT_LENGTH = 131_072

/** Segments a chunk is cut into where these bounds allow: enough for steps to overlap. */
export const SEGMENTS_PER_CHUNK = 16

/** Most members a plan may have; bounds what a list of members costs to read. */
export const MAX_MEMBERS = 1024

/** Longest run id, in UTF-8 bytes. */
export const MAX_RUN_ID_LENGTH = 128

/** Longest codec name on the wire, in bytes. */
export const MAX_CODEC_NAME_LENGTH = 64

/** Longest reason one peer gives another, in bytes. */
export const MAX_REASON_LENGTH = 512

/**
 * Largest weight, so that one peer cannot push the others' share of a float32
 * mean below its precision.
 */
export const MAX_WEIGHT: number = 2 ** 20

/** ms a peer that has opened a channel may take to say hello, and one that was greeted to answer. */
export const HELLO_TIMEOUT_MS = 10_000

/** ms between signs of life while a round forms or runs. */
export const ALIVE_INTERVAL_MS = 500

/**
 * ms of silence, in a round it has joined, after which a peer is given up: ten
 * missed signs of life, and half of the ten seconds in which a round has to end.
 */
export const SUSPECT_AFTER_MS = 5_000

/**
 * ms in which not one segment moved, though everybody is alive, after which an
 * attempt ends; and ms for which others wait for the vote of one who is alive.
 */
export const STALL_AFTER_MS = 8_000

/** ms between two looks at whether anything moves. */
export const STALL_CHECK_MS = 500

/** ms a round waits for connected peers that have not joined it. */
export const PATIENCE_MS = 30_000

/** ms a round may take to form before it is given up. */
export const FORM_TIMEOUT_MS = 60_000

/** ms before a conflicting proposal is followed by another; doubles with each conflict. */
export const PROPOSAL_BACKOFF_MS = 25

/** Longest of these pauses, ms. */
export const MAX_PROPOSAL_BACKOFF_MS = 1_000

/**
 * Conflicting proposals after which a peer leaves out those whom not everybody
 * can reach; until then links that are just being made get their time.
 */
export const CONFLICTS_BEFORE_REDUCTION = 4

/** Largest number of an attempt on the wire; leaves room to count on in 32 bits. */
export const MAX_ATTEMPT: number = 2 ** 31

/** How far ahead a peer's attempt may be to be followed: nobody honest gets that far away. */
export const MAX_ATTEMPT_JUMP: number = 2 ** 16

/** Votes kept of each peer, and of this one to repeat: attempts that may still be open somewhere. */
export const MAX_KEPT_VOTES = 8

/** ms before the first further try to reach a peer; doubles with each failure. */
export const RECONNECT_MS = 250

/** Longest pause between two tries, ms. */
export const MAX_RECONNECT_MS = 15_000

/** Control messages that may wait for a peer that does not read before it is dropped. */
export const MAX_PENDING_CONTROL = 256

/** ms a polite close may take before channels are aborted. */
export const CLOSE_TIMEOUT_MS = 2_000
