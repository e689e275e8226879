import { AEAD_KEY_LENGTH } from '../constants.ts'
import { checkLength } from '../errors.ts'
import type { Aead } from '../primitives.ts'
import { numberedOpener } from './numbered-opener.ts'
import type { RecordCiphers, RecordSealer } from './record-cipher.ts'
import { RecordNumber } from './record-number.ts'

const NOTHING = new Uint8Array(0)
const SMALLEST_BUFFER = 1024

/** By a cipher that seals in one go: a record's plaintext is gathered and sealed at its end. */
export function recordCiphersOf(aead: Aead): RecordCiphers
export function recordCiphersOf(aead: Aead | undefined): RecordCiphers | undefined
export function recordCiphersOf(aead: Aead | undefined): RecordCiphers | undefined {
  if (aead === undefined) return undefined
  return {
    implementation: aead.implementation,
    createSealer(key, first) {
      checkLength('a key', key, AEAD_KEY_LENGTH)
      return new GatheringSealer(aead, new Uint8Array(key), new RecordNumber(first))
    },
    createOpener(key, first) {
      checkLength('a key', key, AEAD_KEY_LENGTH)
      // a copy, which `slice` of a Buffer would not be
      const own = new Uint8Array(key)
      return numberedOpener((nonce, record) => aead.open(own, nonce, NOTHING, record), first)
    }
  }
}

class GatheringSealer implements RecordSealer {
  readonly #aead: Aead
  readonly #key: Uint8Array
  readonly #number: RecordNumber
  #gathered = NOTHING
  #length = 0

  constructor(aead: Aead, key: Uint8Array, number: RecordNumber) {
    this.#aead = aead
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
    return this.#aead.seal(this.#key, this.#number.next(), NOTHING, plaintext)
  }
}
