import type { VersionRange } from '@daa-compute/wire'

/** Version of the protocol; both ends announce a range of them. */
export const PROTOCOL_VERSIONS: VersionRange = { min: 1, max: 1 }

/** Bytes that are verified and fetched as one: a fraction of a frame, and 20 ms at 100 Mbit/s. */
export const DEFAULT_BLOCK_LENGTH: number = 256 * 1024

/** Bounds of the above in bytes: below, hashes weigh beside what they are of; above, a frame is too long. */
export const MIN_BLOCK_LENGTH = 1024
export const MAX_BLOCK_LENGTH: number = 1024 * 1024

/** Children of a node of a hash tree: 2 KiB of SHA-256, so hashes are fetched in few round trips. */
export const TREE_ARITY = 64

/** Bytes that are hashed before others get a turn: some 10 ms. */
export const HASH_SLICE_LENGTH: number = 4 * 1024 * 1024

/** Longest digest that is taken, in bytes. */
export const MAX_DIGEST_LENGTH = 64

/** Most participants a statement may name. */
export const MAX_PARTICIPANTS = 1024

/** Longest lineage and run id, in UTF-8 bytes. */
export const MAX_LINEAGE_LENGTH = 128
export const MAX_RUN_ID_LENGTH = 128

/** Longest description of the tensors, in UTF-8 bytes: some thousands of names. */
export const MAX_LAYOUT_LENGTH: number = 512 * 1024

/** Longest request, in bytes. */
export const MAX_REQUEST_LENGTH = 1024

/** Joiners that are served at a time, unless told otherwise. */
export const DEFAULT_MAX_JOINERS = 8

/** ms within which all joiners of a capped donor get a block: half of what they wait for the first. */
export const MAX_ROUND_OF_TURNS_MS = 4_000

/** ms for which a state is held for a joiner that asks for nothing, unless told otherwise. */
export const DEFAULT_LEASE_MS = 10_000

/** ms of upload that a donor may save up while it has nothing to send. */
export const UPLOAD_BURST_MS = 20

/** ms a peer may take to answer what needs no work. */
export const ANSWER_TIMEOUT_MS = 10_000

/** ms a joiner may take to take one answer: a block at 35 kbit/s. */
export const SEND_TIMEOUT_MS = 60_000

/** ms for which donors wait for a revision that they do not have yet. */
export const PIN_WAIT_MS = 1_000

/** ms for which further donors are waited for once enough have answered. */
export const GRACE_MS = 250

/** Bytes per ms that a donor is expected to hash at least, when it is waited for. */
export const SLOW_HASH_RATE = 20_000

/** Donors that are asked for the same hashes, so that one that is slow or lies costs no time. */
export const HASH_DONORS = 3

/** Blocks that are outstanding at a donor, at least and at most. */
export const MIN_WINDOW = 2
export const MAX_WINDOW = 64

/** Least and most ms without a block after which a donor counts as stalled; eight times its pace in between. */
export const MIN_STALL_MS = 2_000
export const MAX_STALL_MS = 20_000

/** ms a block is expected to take of whoever has sent none: 2 Mbit/s. */
export const FIRST_INTERVAL_MS = 1_000

/** ms between looks at who has stalled. */
export const WATCH_INTERVAL_MS = 100

/** How many times later than elsewhere a block has to be expected to be asked for there as well. */
export const HEDGE_FACTOR = 2

/** States fetched in one call before it is said that rounds are too fast for it. */
export const MAX_SNAPSHOTS = 8

/** Tries to have donors agree on one revision. */
export const MAX_PINS = 12

/** Times, at most, in one call of `catchUp`, however many states it fetches. */
export const MAX_PINS_IN_ALL: number = 2 * MAX_PINS

/** Times after the one revision that was wanted is gone: one behind it may do as well. */
export const PINS_BEYOND = 3

/** Least bytes of results of rounds that are kept for joiners by default: many rounds of a small model. */
export const MIN_DELTA_BYTES: number = 64 * 1024 * 1024

/** Results of rounds that are asked for at a time, while they are short. */
export const DELTA_PIPELINE = 8

/** Longest results, in bytes, that are asked for several at a time. */
export const SHORT_DELTA_LENGTH: number = 1024 * 1024

/** ms before a further try to have donors agree, at first and at most; doubles in between. */
export const FIRST_RETRY_MS = 20
export const MAX_RETRY_MS = 500

/** Tries during which no donor gets on, after which they are not waited for. */
export const MAX_STILL = 2

/** Tries until nobody who has a state counts as there being none. */
export const MAX_SEARCHES = 6

/** How often one step tries to get level with the others. */
export const MAX_ENTRIES = 12

/** ms that one step may take to get level, beside this many times what it takes to fetch a state. */
export const ENTRY_TIMEOUT_MS = 30_000
export const ENTRY_FETCHES = 4

/** ms between two such tries, at first and at most; doubles in between. */
export const ENTRY_PAUSE_MS = 20
export const MAX_ENTRY_PAUSE_MS = 1_000

/**
 * ms for which results of rounds are replayed before a peer enters, at least, and as long as
 * the state took to fetch: who replays no faster than rounds go on would do so for ever.
 */
export const MIN_REPLAY_MS = 1_000
