// The public-key encryption inside: K-PKE of FIPS 203, section 5, with k = 3.
import {
  addMessage,
  compress1,
  compress10,
  compress4,
  decode12,
  decompress10,
  decompress4,
  encode12
} from './encode'
import { CORRECTION, Field } from './field'
import { expandMatrix, sampleSmall, sampleSmalls } from './sample'
import {
  CIPHERTEXT,
  DECAPSULATION_KEY,
  ENCAPSULATION_KEY,
  LAST,
  MATRIX,
  MESSAGE,
  OTHERS,
  POLY,
  PUBLICS,
  SECRETS,
  SPARE,
  VECTOR
} from './state'
import { multiply, transform, transformBack } from './transform'

/** Bytes of u in a ciphertext. */
const U_LENGTH: usize = 960

/** Makes both keys of ρ, which lies where it belongs, and COINS: algorithm 13. */
export function createKeys(): void {
  expandMatrix()
  sampleSmalls(SECRETS, 0)
  sampleSmalls(OTHERS, 3)
  transformAll(SECRETS)
  transformAll(OTHERS)
  for (let row: usize = 0; row < 3; row++) {
    const t = PUBLICS + row * POLY
    multiply(t, MATRIX + row * VECTOR, POLY, SECRETS)
    for (let at = t; at < t + POLY; at += 2) {
      store<i16>(at, Field.shrink(CORRECTION * load<i16>(at)))
    }
    add(t, OTHERS + row * POLY)
  }
  encode12(ENCAPSULATION_KEY, PUBLICS, 3)
  encode12(DECAPSULATION_KEY, SECRETS, 3)
}

/** Takes the key in; the matrix comes with {@link expandMatrix}. @returns whether it is one */
export function readKey(): bool {
  return decode12(PUBLICS, ENCAPSULATION_KEY, 3)
}

/** Encrypts MESSAGE with COINS for the key that was read: algorithm 14. */
export function encrypt(to: usize): void {
  sampleSmalls(SECRETS, 0)
  sampleSmalls(OTHERS, 3)
  sampleSmall(LAST, 6)
  transformAll(SECRETS)
  for (let column: usize = 0; column < 3; column++) {
    multiply(SPARE, MATRIX + column * POLY, VECTOR, SECRETS)
    transformBack(SPARE)
    add(OTHERS + column * POLY, SPARE)
  }
  multiply(SPARE, PUBLICS, POLY, SECRETS)
  transformBack(SPARE)
  add(LAST, SPARE)
  addMessage(LAST, MESSAGE)
  compress10(to, OTHERS, 3)
  compress4(to + U_LENGTH, LAST)
}

/** Finds the MESSAGE of CIPHERTEXT: algorithm 15. */
export function decrypt(): void {
  decode12(SECRETS, DECAPSULATION_KEY, 3)
  decompress10(OTHERS, CIPHERTEXT, 3)
  decompress4(LAST, CIPHERTEXT + U_LENGTH)
  transformAll(OTHERS)
  multiply(SPARE, SECRETS, POLY, OTHERS)
  transformBack(SPARE)
  for (let at: usize = 0; at < POLY; at += 2) {
    store<i16>(LAST + at, load<i16>(LAST + at) - load<i16>(SPARE + at))
  }
  compress1(MESSAGE, LAST)
}

function transformAll(vector: usize): void {
  for (let i: usize = 0; i < 3; i++) transform(vector + i * POLY)
}

function add(to: usize, poly: usize): void {
  for (let at: usize = 0; at < POLY; at += 2) {
    store<i16>(to + at, load<i16>(to + at) + load<i16>(poly + at))
  }
}
