/**
 * Elements that a chunk should have at least, lest there be more frames than it
 * takes: 1 KiB of float32 costs about as long on a link of 1 Gbit/s as the frame
 * itself costs at both its ends, and 256 values are what block-wise codecs scale
 * together.
 */
export const MIN_CHUNK_LENGTH = 256

/**
 * Chunks of a tree, half of them for each of the two: the unit in which a rank
 * takes turns between its places. By the cost model 2 would take 16 ranks twice
 * as long, and 64 gain nothing more.
 */
export const TREE_CHUNKS = 32

/**
 * Chunks per member that `hierarchical` may cut, where clusters of unequal sizes
 * have no small common multiple: what bounds the steps whatever the clusters.
 */
export const MAX_CHUNKS_PER_MEMBER = 4
