/**
 * Longest frame a channel sends or takes unless told otherwise, in bytes: a
 * segment of 1 MiB and 1 KiB for the headers of the protocol that sends it.
 */
export const DEFAULT_MAX_FRAME_LENGTH: number = 2 ** 20 + 1024

/**
 * Received bytes that may wait in a channel that nobody reads before it pauses
 * its stream, in bytes. Large enough that a reader in step with the sender
 * never pauses, as yamux then sends a window update less often, not more.
 */
export const PAUSE_ABOVE: number = 256 * 1024

/**
 * First parts of a frame up to this many bytes are copied next to the length
 * prefix, because the cipher's cost per piece of memory is that of copying
 * about a kilobyte.
 */
export const COALESCE_BELOW = 1024

/**
 * How long the end that closed waits for the other end to close too, in ms.
 * A channel answers a close at once, so only a peer that does not run this
 * protocol, or is frozen, is cut off.
 */
export const LINGER_MS = 30_000

/**
 * How long an aborted channel waits for the connection to take the frame it
 * lends, in ms, before it gives up the connection. A socket that has not
 * drained once in that time is one whose peer is frozen or all but unreachable,
 * and who aborts wants to go on without it.
 */
export const RELEASE_MS = 2_000

/** How long opening a channel may take altogether, dialling included, in ms: twice libp2p's own limits of 10 s for each half. */
export const OPEN_TIMEOUT_MS = 20_000

/**
 * Largest receive window of a stream, in bytes: 4 MiB keep a path of 1 Gbit/s
 * and 33 ms full, and bound what a sender can have under way.
 */
export const STREAM_WINDOW: number = 4 * 2 ** 20

/**
 * Unread bytes at which libp2p resets a stream. A paused reader can hold one
 * window and what arrived before it could pause; the double can't be reached.
 */
export const MAX_READ_BUFFER: number = 2 * STREAM_WINDOW

/**
 * What one end of a channel over WebRTC may send before the other has taken it, in
 * bytes: enough for 160 Mbit/s at 100 ms, which data channels hardly reach.
 */
export const FLOW_WINDOW: number = 2 * 2 ** 20

/**
 * Time after which a dial by WebRTC is tried once more beside the first, in ms:
 * most succeed sooner. With a peer that is quick, on this machine or the same
 * network, two things go wrong, neither of which @libp2p/webrtc 6 notices: the
 * peer closes the channel `init`, which has served its purpose, before it has
 * opened at this end; and in Node libdatachannel gives ICE the answer before it
 * keeps the fingerprint in it, so that it refuses a handshake that comes in between.
 */
export const WEBRTC_HEDGE_MS = 1_500

/**
 * How often one peer may be introduced for WebRTC, and not have met this node yet, at
 * once: as many as it may have connections by default.
 */
export const MAX_MEETINGS_PER_PEER = 8

/** Attempts of a dial by WebRTC: as many as have a chance within the 6 s that libp2p gives an address. */
export const WEBRTC_ATTEMPTS = 4

/** Interval of yamux pings, in ms: below the minute after which many NATs and proxies forget an idle connection. */
export const KEEP_ALIVE_MS = 30_000

/** Interval of the pings by which libp2p finds dead connections, in ms. */
export const PING_INTERVAL_MS = 30_000

/**
 * Least time a ping may take before its connection is given up, in ms. Twice
 * the 30 s for which a training step may block the thread; libp2p's default of
 * 5 s would cut off a peer that is only busy.
 */
export const PING_TIMEOUT_MS = 60_000

/**
 * Connections per second one address may open, and handshakes under way at
 * once. libp2p's defaults (5 and 10) are met by a handful of peers behind one
 * NAT, or on one machine, that start together.
 */
export const INBOUND_CONNECTIONS = 128

/**
 * Connections that a node may dial beyond those at which it accepts no more:
 * who is full of strangers can still reach its own.
 */
export const OUTBOUND_RESERVE = 64

/**
 * Addresses whose rate of connecting is remembered at most: a few hundred
 * kilobytes, whoever comes.
 */
export const MAX_REMEMBERED_ADDRESSES = 4096

/**
 * After so many received bytes what nobody reads is added up again, so that a
 * peer may exceed its limit by as much, in bytes. Rare enough to cost nothing.
 */
export const UNREAD_CHECK_BYTES: number = 2 ** 20

/** Looks for idle connections per time that one may be idle: how late one may be found, as a share. */
export const IDLE_CHECKS = 4

/** How often the totals of a connection are noted, in ms. */
export const THROUGHPUT_SAMPLE_MS = 1_000

/** What the throughput of a connection is the mean of, in ms: a few rounds of training. */
export const THROUGHPUT_WINDOW_MS = 10_000

/** Protocol of pings and bytes of one (libp2p's specification `ping`). */
export const PING_PROTOCOL = '/ipfs/ping/1.0.0'
export const PING_LENGTH = 32

/** Streams of pings that a connection may have each way: libp2p itself pings too. */
export const PING_STREAMS = 4

/** After this time without a ping its stream is given up, in ms: twice the interval of libp2p's own. */
export const PING_STREAM_IDLE_MS = 60_000

/** How often the round trip of a connection is measured unless told otherwise, in ms. */
export const ROUND_TRIP_INTERVAL_MS = 15_000

/** How long a ping may take before its measurement is given up, in ms: as long as a training step may block. */
export const ROUND_TRIP_TIMEOUT_MS = 30_000

/** Failed handshakes whose errors are kept until somebody asks for them: more than are dialled at once. */
export const MAX_REMEMBERED_HANDSHAKE_ERRORS = 64

/**
 * Longest payload of a handshake message, in bytes: an identity key and a
 * signature of RSA with 8,192 bits, the largest that libp2p knows, take 2 KiB, and
 * lists of certificates and muxers some hundred bytes.
 */
export const MAX_HANDSHAKE_PAYLOAD = 4096

/**
 * How long the three messages of a handshake may take unless the caller says
 * otherwise, in ms: libp2p's own limit for an inbound connection is 10 s for all
 * that comes before it can be used.
 */
export const HANDSHAKE_MS = 10_000

/**
 * Longest message of a WebSocket, in bytes, as one is held until it is whole, before
 * the handshake and its limit too: five times the batch of records that is sent at
 * once. The package ws takes 100 MiB unless told otherwise.
 */
export const MAX_WEB_SOCKET_MESSAGE: number = 2 ** 20

/** Time in which a socket must have become a WebSocket, TLS and HTTP included, in ms: that of a handshake. */
export const HTTP_TIMEOUT_MS = 10_000

/** Sockets of a listener that may be about to become WebSockets at a time: as many as handshakes may be under way. */
export const MAX_SILENT_SOCKETS = 256
