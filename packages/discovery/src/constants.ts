/**
 * Version of the announcements' layout. It is part of the topic, so peers of
 * different versions do not hear each other, and repeated in every announcement.
 */
export const PROTOCOL_VERSION = 1

/** What the topics of runs begin with; the run id follows, percent-encoded. */
export const RUN_TOPIC_PREFIX: string = `/daa/run/${PROTOCOL_VERSION}/`

/**
 * Longest run id, in bytes of UTF-8. Percent-encoding triples it at worst; a
 * gossipsub peer pays for each topic it makes others remember.
 */
export const MAX_RUN_ID_LENGTH = 256

/**
 * Longest announcement, in bytes. What one peer can make every other one
 * remember; some hundred bytes are usual.
 */
export const MAX_ANNOUNCEMENT_LENGTH = 4096

/** Addresses of one peer. A dial tries them all, so this also bounds what a liar can have dialled. */
export const MAX_ADDRESSES = 16

/** Longest address, in bytes. A WebTransport address with its certificate hashes takes some 300. */
export const MAX_ADDRESS_LENGTH = 512

/** Capabilities of one peer. */
export const MAX_CAPABILITIES = 32

/** Longest name of a capability, in bytes. */
export const MAX_CAPABILITY_NAME_LENGTH = 64

/** Longest value of a capability, in bytes. */
export const MAX_CAPABILITY_VALUE_LENGTH = 256

/**
 * Peers a directory keeps unless told otherwise: with
 * {@link MAX_ANNOUNCEMENT_LENGTH} at most 16 MiB. Of peers that left it
 * remembers as many again (some 100 bytes each), so that a late announcement
 * does not bring them back.
 */
export const DEFAULT_MAX_PEERS = 4096

/** Pause between the first two announcements, in ms; it doubles from one to the next. */
export const FIRST_INTERVAL_MS = 250

/**
 * Longest pause between announcements of a small swarm, in ms: what an address
 * change that nobody reported, or a lost message, costs at worst.
 */
export const MAX_INTERVAL_MS = 20_000

/**
 * After news the pauses start from here again, in ms, in case the answer was
 * lost: gossipsub needs up to a second to build a link it can relay over.
 */
export const FOLLOW_UP_INTERVAL_MS = 500

/** Least time over which the answers to a newcomer are spread at random, in ms. */
export const MIN_SPREAD_MS = 100

/**
 * What each known peer adds to that spread and to the longest pause between
 * announcements, in ms: a swarm of any size makes about 50 announcements per
 * second at most, some 10 KB/s.
 */
export const SPREAD_PER_PEER_MS = 20

/** Least time between two announcements that nobody asked for explicitly, in ms. */
export const MIN_GAP_MS = 250

/** Relative jitter of the pauses: peers started together drift apart. */
export const INTERVAL_JITTER = 0.2

/** Announcements of a peer that may be lost in a row before it counts as gone. */
export const TTL_INTERVALS = 3

/** Least time an announcement is believed, in ms, whatever it says: bounds the work of expiry. */
export const MIN_TTL_MS = 1000

/** Most time an announcement is believed, in ms, whatever it says: bounds the life of a ghost. */
export const MAX_TTL_MS = 600_000

/** How long {@link PeerDirectory} waits for its leave message to be handed over, in ms. */
export const LEAVE_TIMEOUT_MS = 1000

/**
 * Announcements one peer may make in a row before they are ignored. An honest
 * peer makes four in the first second and one per {@link MIN_GAP_MS} at most.
 */
export const ANNOUNCEMENT_BURST = 16

/** Announcements per second that one peer may make for long; an honest one needs four. */
export const ANNOUNCEMENTS_PER_SECOND = 5

/** Malformed announcements in a row that are logged one by one; all are counted. */
export const MALFORMED_REPORT_BURST = 8

/** Malformed announcements per second that are logged for long: a flood must not fill a disk. */
export const MALFORMED_REPORTS_PER_SECOND = 0.1

/** Longest message of the gossipsub broadcast, in bytes. */
export const MAX_BROADCAST_LENGTH = 8192

/** Messages one author may have relayed in a row. */
export const RELAY_BURST = 64

/** Messages per second one author may have relayed for long. */
export const RELAYS_PER_SECOND = 20

/** Authors whose rate the broadcast remembers; the one silent for longest is forgotten. */
export const MAX_TRACKED_AUTHORS = 4096

/**
 * Longest gossipsub frame that is read, in bytes. A frame can bundle what a peer
 * asked for again: at 50 announcements per second and five seconds of memory
 * some 100 KB.
 */
export const MAX_INBOUND_FRAME_LENGTH: number = 1024 * 1024

/**
 * Bytes that may wait for a gossipsub peer that does not read; then its stream
 * is reset. Without a limit a stalled peer costs memory without end.
 */
export const MAX_OUTBOUND_BUFFER_LENGTH: number = 4 * 1024 * 1024

/**
 * Mesh size above which gossipsub prunes, where its own default is 12. Before
 * the peers of a bootstrap node have dialled each other it is the only one that
 * can relay, and whom it prunes waits for the heartbeat's gossip.
 */
export const MESH_HIGH_WATER = 64

/** Addresses kept per peer in the libp2p peer store; older ones go first. */
export const MAX_STORED_ADDRESSES = 32

/** Topics a relay of announcements serves at once. */
export const DEFAULT_MAX_RELAYED_RUNS = 64

/**
 * Topics that wait for a relay to have room; those beyond are not remembered.
 * Gossipsub keeps the text of a topic for as long as a peer subscribes to it
 * anyway, so this costs a reference each.
 */
export const MAX_WAITING_RUNS = 1024

/** Connections a node makes to peers it discovered by itself, unless told otherwise. */
export const DEFAULT_MAX_DISCOVERED_CONNECTIONS = 32

/** How long one attempt to dial may take, in ms: libp2p's own limit, which a signal replaces. */
export const DIAL_TIMEOUT_MS = 10_000

/**
 * Attempts at a bootstrap address that hangs up during the handshake. libp2p
 * accepts five connections per second from one host unless configured otherwise,
 * and a lab that starts its peers together exceeds that.
 */
export const BOOTSTRAP_ATTEMPTS = 4

/** Pause between such attempts, in ms, plus as much again at random: the limit counts seconds. */
export const BOOTSTRAP_RETRY_PAUSE_MS = 1000

/** Worth of a bootstrap peer when libp2p has to close connections: what its own bootstrap gives. */
export const BOOTSTRAP_TAG_VALUE = 50

/** How deep the causes of an error are followed to its text: some are their own. */
export const MAX_CAUSES = 8
