import { notAuthentic } from '../errors.ts'
import type { RecordOpener } from './record-cipher.ts'
import { RecordNumber } from './record-number.ts'

/**
 * Opens records in their order, and none any more after one that is not authentic:
 * whoever has put that there may have taken others away, and has more tries if this
 * end goes on.
 *
 * @param open of a record and its nonce makes the plaintext
 * @throws CryptoError `BAD_NUMBER`
 */
export function numberedOpener(
  open: (nonce: Uint8Array, record: Uint8Array) => Uint8Array,
  first: number | undefined
): RecordOpener {
  const number = new RecordNumber(first)
  let isBroken = false
  return {
    open(record) {
      if (isBroken) throw notAuthentic()
      const nonce = number.next()
      isBroken = true
      const plaintext = open(nonce, record)
      isBroken = false
      return plaintext
    }
  }
}
