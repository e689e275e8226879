import { AEAD_NONCE_LENGTH } from '../constants.ts'
import { CryptoError } from '../errors.ts'

/** Where the number begins in a nonce: Noise specification, section 12. */
const NUMBER_AT = 4

/** The nonces of consecutive records. */
export class RecordNumber {
  /** Of the next record. */
  #next: number
  readonly #nonce = new Uint8Array(AEAD_NONCE_LENGTH)
  readonly #view = new DataView(this.#nonce.buffer)

  /** @throws CryptoError `BAD_NUMBER`: of NaN each next would be NaN, and each nonce the same */
  constructor(first = 0) {
    if (!Number.isInteger(first) || first < 0) {
      throw new CryptoError(
        'BAD_NUMBER',
        `the first record has the number ${first}; give it a whole one from 0 on, or none`,
        { number: first }
      )
    }
    this.#next = first
  }

  /**
   * The next record's nonce, valid until the next call.
   *
   * @throws CryptoError `KEY_EXHAUSTED` rather than use a number twice: above
   *   2⁵³ - 1 adding one does nothing
   */
  next(): Uint8Array {
    const number = this.#next
    if (number >= Number.MAX_SAFE_INTEGER) {
      throw new CryptoError(
        'KEY_EXHAUSTED',
        `a key has sealed ${number} records, which is as many as can be numbered; connect anew`,
        { records: number }
      )
    }
    this.#view.setUint32(NUMBER_AT, number % 2 ** 32, true)
    this.#view.setUint32(NUMBER_AT + 4, Math.floor(number / 2 ** 32), true)
    this.#next = number + 1
    return this.#nonce
  }
}
