/**
 * What the model takes for granted where nothing was measured. Orders of
 * magnitude are enough: they only have to rank the algorithms.
 */

/** ms of one way, where none is known: a local network, or a near region of a cloud. */
export const DEFAULT_DELAY_MS = 1

/** bits/s, where none are known: what most machines are connected with. */
export const DEFAULT_BANDWIDTH = 1e9

/** ms of processor time per frame at each of its ends: some 10 µs measured over libp2p. */
export const FRAME_CPU_MS = 0.01

/** Bytes a frame takes on the wire besides its payload: headers of frame, muxer, cipher, TCP and IP. */
export const FRAME_OVERHEAD = 128

/**
 * ms of processor time per byte sent and received: Noise and yamux in Node move
 * about 430 MB/s over one stream, and the receiver is what limits them.
 */
export const SEND_CPU_MS_PER_BYTE = 1.2e-6
export const RECEIVE_CPU_MS_PER_BYTE = 2.3e-6

/** Bytes that a channel takes before `send` waits: about what sockets and a muxer's window hold. */
export const WINDOW_BYTES = 1_048_576

/** ms of processor time to add, and to scale, one element: 4 GB/s of float32 in plain JavaScript. */
export const ADD_MS_PER_ELEMENT = 1e-6

/** ms of processor time to encode and to decode one element: 1.5 and 5 GB/s of float32 for int8. */
export const ENCODE_MS_PER_ELEMENT = 2.6e-6
export const DECODE_MS_PER_ELEMENT = 0.8e-6

/**
 * Part of its bandwidth that a rank loses for every further peer with which it
 * exchanges data at the same time, and the most that it loses: flows that meet
 * in one port fill its buffer, drop packets and slow each other down. A small
 * preference for few neighbours, where bandwidth is what counts, rather than a
 * measured law.
 */
export const FLOW_PENALTY = 0.01
export const MAX_FLOW_PENALTY = 0.5

/** Largest group whose every step is simulated; for larger ones closed forms have to do. */
export const MAX_SIMULATED_SIZE = 32

/** Parts of a chunk that take turns on a link, where the simulation has to be fair. */
export const FAIRNESS_PARTS = 4

/**
 * Algorithms whose times differ by less than this part are taken to be equally
 * fast: the model is not better than that, and neither are its measurements.
 */
export const INDIFFERENCE = 0.02

/**
 * Factor between two links, in the time that {@link CLUSTER_PROBE_BYTES} take,
 * from which on they are the inside and the outside of clusters.
 */
export const CLUSTER_GAP = 4

/** Bytes by whose time links are compared: a segment of float32. */
export const CLUSTER_PROBE_BYTES = 65_536

/** Largest relative size of a shard in a plan; the others are rounded to integers beside it. */
export const SHARD_UNITS = 1_000

/**
 * Factor by which connections between two clusters have to be slower than those
 * inside for the clusters to be taken for sites that share one line.
 */
export const TRUNK_GAP = 2

/**
 * Time in which a member whose budget is the smallest sends a segment to each of the
 * others, in ms: well below the 2 s of silence after which it would be suspected,
 * and the finer, the smoother its traffic.
 */
export const CAPPED_SEGMENT_MS = 500

/** Elements of such a segment at least: 4 KiB of float32, beside which a frame's header hardly counts. */
export const MIN_CAPPED_SEGMENT_LENGTH = 1024
