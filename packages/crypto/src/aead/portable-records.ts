import { chacha20poly1305 } from '@noble/ciphers/chacha.js'

import { AEAD_KEY_LENGTH } from '../constants.ts'
import { checkLength, notAuthentic } from '../errors.ts'
import type { RecordCiphers, RecordOpener, RecordSealer } from './record-cipher.ts'
import { RecordNumber } from './record-number.ts'

const NOTHING = new Uint8Array(0)
const SMALLEST_BUFFER = 1024

/** In JavaScript. A record's plaintext is gathered and sealed at its end. */
export function portableRecordCiphers(): RecordCiphers {
  return {
    implementation: 'portable',
    createSealer(key, first) {
      checkLength('a key', key, AEAD_KEY_LENGTH)
      return new PortableSealer(key.slice(), new RecordNumber(first))
    },
    createOpener(key, first) {
      checkLength('a key', key, AEAD_KEY_LENGTH)
      return createOpener(key.slice(), new RecordNumber(first))
    }
  }
}

class PortableSealer implements RecordSealer {
  readonly #key: Uint8Array
  readonly #number: RecordNumber
  #gathered = NOTHING
  #length = 0

  constructor(key: Uint8Array, number: RecordNumber) {
    this.#key = key
    this.#number = number
  }

  update(plaintext: Uint8Array): Uint8Array {
    const length = this.#length + plaintext.byteLength
    if (length > this.#gathered.byteLength) {
      const larger = new Uint8Array(
        Math.max(SMALLEST_BUFFER, 2 * this.#gathered.byteLength, length)
      )
      larger.set(this.#gathered.subarray(0, this.#length))
      this.#gathered = larger
    }
    this.#gathered.set(plaintext, this.#length)
    this.#length = length
    return NOTHING
  }

  finish(): Uint8Array {
    const plaintext = this.#gathered.subarray(0, this.#length)
    this.#length = 0
    return chacha20poly1305(this.#key, this.#number.next()).encrypt(plaintext)
  }
}

function createOpener(key: Uint8Array, number: RecordNumber): RecordOpener {
  return {
    open(record) {
      const nonce = number.next()
      try {
        return chacha20poly1305(key, nonce).decrypt(record)
      } catch (cause) {
        throw notAuthentic(cause)
      }
    }
  }
}
