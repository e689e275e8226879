/** Largest rank: beyond some tens, PowerSGD no longer is small. */
export const MAX_RANK = 64

/** Most tensors of one gradient. */
export const MAX_TENSORS = 65_536

/**
 * A column whose norm falls below this share of what it was when the others are
 * taken out of it is their combination, and what is left is rounding: of float32
 * sums, 2^-24 per addition.
 */
export const DEPENDENT = 1e-5

/** Longest description of shapes that peers send each other, in characters: as the contract has it. */
export const MAX_LAYOUT_LENGTH = 200
