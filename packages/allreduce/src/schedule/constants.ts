/**
 * Elements that a chunk should have at least, lest there be more frames than it
 * takes: 1 KiB of float32 costs about as long on a link of 1 Gbit/s as the frame
 * itself costs at both its ends, and 256 values are what block-wise codecs scale
 * together.
 */
export const MIN_CHUNK_LENGTH = 256

/** Chunks of a tree, half of them for each of the two: the unit in which ways up and down alternate. */
export const TREE_CHUNKS = 16

/**
 * Chunks by which, in a tree, what goes down is behind what goes up in the order
 * of steps. Even, so that both belong to the same tree.
 */
export const TREE_LAG = 4

/**
 * Shards per member of the largest cluster that `hierarchical` may cut, where
 * clusters of unequal sizes have no smaller common multiple.
 */
export const MAX_SHARDS_PER_MEMBER = 2
