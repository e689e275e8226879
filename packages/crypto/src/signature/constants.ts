/** Seed that a key pair of ML-DSA-65 is made of, in bytes: FIPS 204, section 5.1. */
export const ML_DSA_65_SEED_LENGTH = 32

/** Public key of ML-DSA-65, in bytes: FIPS 204, table 2. */
export const ML_DSA_65_PUBLIC_KEY_LENGTH = 1952

/** Signature of ML-DSA-65, in bytes: FIPS 204, table 2. */
export const ML_DSA_65_SIGNATURE_LENGTH = 3309

/** Longest context of a signature, in bytes: FIPS 204, section 5.2. */
export const ML_DSA_65_MAX_CONTEXT_LENGTH = 255
