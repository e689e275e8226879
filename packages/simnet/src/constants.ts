/**
 * Delay of one way where `latencyMs` is left out, in ms: hosts on one continent. A range, so that
 * a program that relies on the order of two peers' messages is found out by some seed.
 */
export const DEFAULT_LATENCY_MS = { min: 10, max: 30 } as const

/** Longest frame where `maxFrameLength` is left out, in bytes: room for a 1 MiB payload and a header. */
export const DEFAULT_MAX_FRAME_LENGTH: number = 1024 * 1024 + 1024

/**
 * Bytes of one channel and direction that may be sent and not yet received, where `windowLength`
 * is left out: at 40 ms there and back it lets one channel carry 200 Mbit/s. A sender waits once
 * it is reached, so at most one frame more than this is ever buffered.
 */
export const DEFAULT_WINDOW_LENGTH: number = 1024 * 1024

/**
 * Bytes counted for a frame besides its own, by bandwidth and window: 4 of length prefix, 12 of a
 * yamux header, 18 of a Noise record (length and tag). So frames of zero bytes are bounded too.
 */
export const FRAME_OVERHEAD = 34

/** Longest broadcast message, in bytes: announcements are small, and gossip repeats them often. */
export const MAX_MESSAGE_LENGTH: number = 64 * 1024

/** Virtual time one `run` may take where `maxVirtualMs` is left out, in ms: one day. */
export const DEFAULT_MAX_VIRTUAL_MS: number = 24 * 60 * 60 * 1000

/** Events one `run` may take where `maxEvents` is left out: about ten seconds of one core. */
export const DEFAULT_MAX_EVENTS = 10_000_000

/**
 * What a frame's memory is filled with once it is no longer the receiver's. Four of them are a
 * NaN in float32, so that a sum that still reads the old frame shows it.
 */
export const POISON = 0xff

/** Entries a trace keeps where `limit` is left out; older ones are dropped. */
export const DEFAULT_TRACE_LIMIT = 1000

/**
 * Time that each event takes a peer that was slowed down by a factor of 2, in ms; by another, one
 * less than the factor times as long. A peer that was not handles events in no time, so there is
 * nothing to multiply: this stands for the wake-up and the parsing of a small message.
 */
export const SLOW_EVENT_MS = 1

/**
 * After this time in which one way between two peers was blocked, their channels fail, in ms,
 * where `stallTimeoutMs` is left out: what a keep-alive of 10 s that may fail once amounts to.
 */
export const DEFAULT_STALL_TIMEOUT_MS = 20_000

/**
 * Time an `open` waits for an answer that may not come, in ms, where `openTimeoutMs` is left out:
 * libp2p's limit of negotiating a protocol on a stream.
 */
export const DEFAULT_OPEN_TIMEOUT_MS = 10_000
