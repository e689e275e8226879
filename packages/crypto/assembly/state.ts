// Where everything secret lies, in one piece, so that it can be wiped in one go. The
// caller writes key, nonce and, to open, the tag that came.

/** Vectors of a table that multiplies: see multiply.ts. */
export const TABLE_LENGTH: usize = 18 * 16

/** Bytes of {@link STATE}. */
const STATE_LENGTH: usize = 1600

/** Start of all that is wiped. */
const STATE: usize = memory.data(1600, 16)

/** Key, 32 bytes. */
export const KEY: usize = STATE
/** Nonce, 12 bytes. */
export const NONCE: usize = STATE + 32
/** The tag that was computed, 16 bytes. */
export const TAG: usize = STATE + 48
/** The tag that came, 16 bytes. */
export const CLAIMED_TAG: usize = STATE + 64
/** Second half of Poly1305's key, 16 bytes. */
export const PAD: usize = STATE + 80
/** The 16 words of a block of ChaCha20 before its rounds, each four times but for the counter. */
export const WORDS: usize = STATE + 96
/** Poly1305's accumulator, four of them side by side: 10 limbs in 5 vectors. */
export const SUM: usize = STATE + 352
/** Limbs of a power of r, 10 vectors; then of all coefficients of a table, 19. */
export const LIMBS: usize = STATE + 432
/** Multiplies all four by r⁴. */
export const FOURTH_POWER: usize = STATE + 736
/** Multiplies the four by r⁴, r³, r² and r. */
export const POWERS: usize = STATE + 736 + TABLE_LENGTH
/** The first bit behind a block, for the four that come next. */
export const NEXT_ENDS: usize = STATE + 736 + 2 * TABLE_LENGTH
/** 64 bytes for a key of Poly1305; else zeros. */
export const BLOCKS: usize = STATE + 1328

/** Forgets everything secret. */
export function wipe(): void {
  memory.fill(STATE, 0, STATE_LENGTH)
}
