// Where everything lies, public or secret, in one piece, so that it can be wiped in one
// go. Polynomials are 256 coefficients of 16 bits.

/** Bytes of a polynomial. */
export const POLY: usize = 512
/** Bytes of a vector of three. */
export const VECTOR: usize = 3 * POLY

/** Bytes of {@link STATE}. */
const STATE_LENGTH: usize = 15_264

/**
 * Start of all that is wiped, a quarter into the one page: the compiler lays constants
 * from 1024 on, less than 1 KiB of them, and would fill data of its own with zeros.
 */
const STATE: usize = 16_384

/** 25 words of Keccak, and room up to a multiple of 16. */
export const SPONGE: usize = STATE
/** What comes from the caller: d and z to make a key, m to encapsulate; 64 bytes. */
export const SEED: usize = STATE + 208
/** What comes of it: 32 bytes. */
export const SECRET: usize = STATE + 272
/** A decapsulation key: s, an encapsulation key, the hash of that, and z; FIPS 203, algorithm 16. */
export const DECAPSULATION_KEY: usize = STATE + 304
/** Its part that is public, t and ρ: algorithm 13. */
export const ENCAPSULATION_KEY: usize = DECAPSULATION_KEY + 1152
/** The seed of the matrix, the last 32 bytes of an encapsulation key. */
export const RHO: usize = ENCAPSULATION_KEY + 1152
/** Hash of the encapsulation key, 32 bytes. */
export const KEY_HASH: usize = ENCAPSULATION_KEY + 1184
/** What the secret of a bad ciphertext is made of; right in front of that, as both are hashed together. */
export const REJECTION_SEED: usize = KEY_HASH + 32
/** 1,088 bytes. */
export const CIPHERTEXT: usize = REJECTION_SEED + 32
/** What the same message encrypts to. */
export const EXPECTED: usize = CIPHERTEXT + 1088
/** What hashes begin with or end in: 64 bytes and up to 2 more. */
export const INPUT: usize = EXPECTED + 1088
/** The message that is encrypted, or was decrypted: 32 bytes. */
export const MESSAGE: usize = INPUT + 80
/** What a key or an encryption is made of, 32 bytes. */
export const COINS: usize = MESSAGE + 32
/** Nine polynomials, row by row. */
export const MATRIX: usize = STATE + 5_024
/** s of a key or r of an encryption. */
export const SECRETS: usize = MATRIX + 9 * POLY
/** t of a key, or u of a ciphertext. */
export const PUBLICS: usize = SECRETS + VECTOR
/** A vector of what is encrypted; three errors. */
export const OTHERS: usize = PUBLICS + VECTOR
/** v of a ciphertext. */
export const LAST: usize = OTHERS + VECTOR
/** A polynomial for a moment. */
export const SPARE: usize = LAST + POLY

/** Forgets everything. */
export function wipe(): void {
  memory.fill(STATE, 0, STATE_LENGTH)
}
