import { crypt, setCounter, setWords } from './chacha20'
import { setAuthenticator } from './poly1305'
import { BLOCKS, CLAIMED_TAG, TAG } from './state'

export { crypt } from './chacha20'
export { absorb, finish, setAuthenticator } from './poly1305'
export { BLOCKS, CLAIMED_TAG, KEY, NONCE, TAG, wipe } from './state'

/**
 * Begins a message with the key and nonce that were written: RFC 8439, section 2.8.
 *
 * @param skipped zero blocks in front of the first that counts
 */
export function begin(skipped: i32): void {
  setWords()
  memory.fill(BLOCKS, 0, 256)
  crypt(BLOCKS, 64)
  setAuthenticator(skipped)
  setCounter(1)
}

/** Whether the tag that came is the one that was computed; takes as long for one bit as for all. */
export function isAuthentic(): bool {
  return !v128.any_true(v128.xor(v128.load(TAG), v128.load(CLAIMED_TAG)))
}
