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

/** Longest rule with its parameters on the wire, in bytes. */
export const MAX_RULE_LENGTH = 128

/** Longest reason one peer gives another, in bytes. */
export const MAX_REASON_LENGTH = 512

/**
 * Largest weight, so that one peer cannot push the others' share of a float32
 * mean below its precision.
 */
export const MAX_WEIGHT: number = 2 ** 20

/** ms a peer that has opened a channel may take to say hello, and one that was greeted to answer. */
export const HELLO_TIMEOUT_MS = 10_000

/** ms after joining an attempt until the first sign of life: rounds that are over by then need none. */
export const FIRST_BEAT_MS = 50

/** ms between signs of life from then on. */
export const BEAT_INTERVAL_MS = 250

/**
 * Least and most ms of silence, in an attempt it has joined, after which a peer
 * is suspected; between them four times its longest pause between signs of life.
 * The least is eight signs missed, so that a stopped process costs the others
 * less than three seconds.
 */
export const SUSPECT_AFTER_MS = 2_000
export const MAX_SUSPECT_AFTER_MS = 15_000

/** ms for which segments that a peer has offered may be on their way. */
export const STALL_AFTER_MS = 3_000

/**
 * ms for which a broken link is waited for: in an attempt as long as making it
 * anew takes on a good network, otherwise longer, for nobody is held up.
 */
export const LINK_GRACE_MS = 30
export const IDLE_LINK_GRACE_MS = 1_000

/** Least ms that members have to answer a coordinator; four round trips are added. */
export const ANSWER_MS = 40

/** ms without a quorum after which a member gives the round up, or forks. */
export const QUORUM_LOSS_MS = 5_000

/** ms beyond that in which a quorum that seems to be there may come to a decision after all. */
export const FAILOVERS_MS = 1_000

/** ms within which asks are told anew after links have changed. */
export const ASK_AGAIN_MS = 5

/** Decisions kept for those who missed them. */
export const MAX_KEPT_DECISIONS = 32

/** Messages kept of each peer that is ahead, until this one is there, too. */
export const MAX_EARLY_MESSAGES = 64

/** ms a round waits for members that have not joined it, until the run's own rhythm is known. */
export const PATIENCE_MS = 60_000

/** ms a round waits for enough peers before it is given up. */
export const FORM_TIMEOUT_MS = 120_000

/** Largest number of an attempt on the wire; leaves room to count on in 32 bits. */
export const MAX_ATTEMPT: number = 2 ** 31

/** Longest pause between two tries, ms. */
export const MAX_RECONNECT_MS = 15_000

/** Control messages that may wait for a peer that does not read before it is dropped. */
export const MAX_PENDING_CONTROL = 256

/** ms a polite close may take before channels are aborted. */
export const CLOSE_TIMEOUT_MS = 2_000

/** Largest ballot on the wire; leaves room to count on in 32 bits. */
export const MAX_BALLOT: number = 2 ** 31

/** Longest description of a bucket's tensors on the wire, in bytes. */
export const MAX_LAYOUT_LENGTH = 512

/** Intervals between rounds from which the patience is made. */
export const RHYTHM_LENGTH = 16

/** Bounds of the patience that is made from them, ms. */
export const MIN_PATIENCE_MS = 2_000
export const MAX_PATIENCE_MS = 3_600_000

/** ms a member that leaves waits for the others to go on without it. */
export const LEAVE_TIMEOUT_MS = 1_000

/** ms a result is held back until everybody is known to hold it; after that a copy is kept for them. */
export const ACKNOWLEDGE_MS = 25

/** Results of fewer bytes are copied at once: that is cheaper than to wait. */
export const SMALL_RESULT_LENGTH: number = 256 * 1024

/** Tries at one round before its caller is told to look into it. */
export const MAX_ATTEMPTS_PER_ROUND = 32

/** ms in which not a byte of a fetched result has come before another holder is asked. */
export const FETCH_STALL_MS = 3_000

/** Bytes of a frame of a fetched result. */
export const FETCH_FRAME_LENGTH: number = 256 * 1024

/** ms that a coordinator waits for others' news of the same trouble before it acts. */
export const SETTLE_MS = 10

/**
 * ms that an operation that failed waits for members to take what was being sent
 * to them. Then its channels are given up, and the links with them.
 */
export const RELEASE_PATIENCE_MS = 500

/** How far above the highest ballot known another may be, in turns of all members. */
export const MAX_BALLOT_JUMP = 1_024

/** Ballots about one attempt of which votes and proposals are kept. */
export const MAX_KEPT_BALLOTS = 64

/** ms in which nothing comes, while the others have the result, before a member fetches it. */
export const FINISH_PATIENCE_MS = 250

/** ms that who was cut off waits for others who were, before it goes on without them. */
export const FORK_SETTLE_MS = 500

/** ms for which what a peer says of where it is counts in the choice between lineages. */
export const FRESH_POSITION_MS = 1_000

/** ms after which a latecomer no longer goes by it when it chooses whom to ask, and whether to leave its group. */
export const STALE_POSITION_MS = 5_000
