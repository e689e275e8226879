import { HEADER_LENGTH } from './frame.ts'

/** libp2p's name of yamux. */
export const YAMUX_PROTOCOL = '/yamux/1.0.0'

/** Receive window that every stream begins with, in bytes: yamux specification, "Flow Control". */
export const INITIAL_WINDOW: number = 256 * 1024

/** Largest window there can be, as its field has 32 bits. */
export const MAX_WINDOW: number = 2 ** 32 - 1

/**
 * Most data in a frame, in bytes: with its header it fills a record of Noise, and
 * one stream does not hold up the others for longer than that takes.
 */
export const MAX_FRAME_DATA: number = 65_519 - HEADER_LENGTH

/** Largest number of a stream, as its field has 32 bits. */
export const MAX_STREAM_NUMBER: number = 2 ** 32 - 1

/**
 * Answers that may wait for a remote that does not read: what is said of the
 * streams it opens or may not open, and echoes of its pings, of 12 bytes each.
 */
export const MAX_WAITING_ANSWERS = 16_384

/**
 * A window is doubled if its half was used up within so many round trips: then it,
 * and not the network, is what limits the sender.
 */
export const GROW_WITHIN_ROUND_TRIPS = 4
