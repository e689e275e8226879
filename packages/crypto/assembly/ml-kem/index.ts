import { createKeys, decrypt, encrypt, readKey } from './encryption'
import { absorb, SHA3, SHA3_256_RATE, SHA3_512_RATE, SHAKE, SHAKE256_RATE } from './keccak'
import { expandMatrix } from './sample'
import {
  CIPHERTEXT,
  COINS,
  ENCAPSULATION_KEY,
  EXPECTED,
  INPUT,
  KEY_HASH,
  MESSAGE,
  REJECTION_SEED,
  RHO,
  SECRET,
  SEED,
  SPONGE
} from './state'

export { CIPHERTEXT, DECAPSULATION_KEY, ENCAPSULATION_KEY, SECRET, SEED, wipe } from './state'

const KEY_LENGTH: usize = 1184
const CIPHERTEXT_LENGTH: usize = 1088

/** Makes a pair of keys of the seed, d and z: FIPS 203, algorithm 16. */
export function createKeyPair(): void {
  memory.copy(INPUT, SEED, 32)
  store<u8>(INPUT, 3, 32)
  absorb(SHA3_512_RATE, SHA3, INPUT, 33)
  memory.copy(RHO, SPONGE, 32)
  memory.copy(COINS, SPONGE + 32, 32)
  createKeys()
  hashKey()
  memory.copy(REJECTION_SEED, SEED + 32, 32)
}

/**
 * Carries a secret to the owner of the key that was written, with m of the seed:
 * algorithm 17.
 *
 * @returns whether that is a key
 */
export function encapsulate(): bool {
  if (!readKey()) return false
  expandMatrix()
  hashKey()
  memory.copy(MESSAGE, SEED, 32)
  deriveSecret()
  encrypt(CIPHERTEXT)
  return true
}

/** Finds the secret of a ciphertext, or one that nobody knows: algorithm 18. */
export function decapsulate(): void {
  decrypt()
  readKey()
  expandMatrix()
  deriveSecret()
  encrypt(EXPECTED)
  absorb(SHAKE256_RATE, SHAKE, REJECTION_SEED, 32 + CIPHERTEXT_LENGTH)
  let difference: u64 = 0
  for (let at: usize = 0; at < CIPHERTEXT_LENGTH; at += 8) {
    difference |= load<u64>(CIPHERTEXT + at) ^ load<u64>(EXPECTED + at)
  }
  // all ones where something differs
  const rejected = <u64>(<i64>(difference | -difference) >> 63)
  for (let at: usize = 0; at < 32; at += 8) {
    const right = load<u64>(SECRET + at)
    store<u64>(SECRET + at, right ^ (rejected & (right ^ load<u64>(SPONGE + at))))
  }
}

function hashKey(): void {
  absorb(SHA3_256_RATE, SHA3, ENCAPSULATION_KEY, KEY_LENGTH)
  memory.copy(KEY_HASH, SPONGE, 32)
}

/** SECRET and COINS of MESSAGE and the key's hash. */
function deriveSecret(): void {
  memory.copy(INPUT, MESSAGE, 32)
  memory.copy(INPUT + 32, KEY_HASH, 32)
  absorb(SHA3_512_RATE, SHA3, INPUT, 64)
  memory.copy(SECRET, SPONGE, 32)
  memory.copy(COINS, SPONGE + 32, 32)
}
