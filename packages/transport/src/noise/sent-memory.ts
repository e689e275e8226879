import type { MessageStream } from '@libp2p/interface'
import type { Uint8ArrayList } from 'uint8arraylist'
import { SOCKET_TAIL } from '../constants.ts'
import { giveBack } from './give-back.ts'

/**
 * Ciphertext on its way to a TCP socket, given back when the operating system
 * has taken it.
 *
 * The socket takes bytes in order, and says that there is room only while it
 * holds less than its high-water mark. So whenever the connection holds nothing
 * back and does not wait for a drain, everything but the last
 * {@link SOCKET_TAIL} bytes is gone; and at a drain, everything is.
 */
export class SentMemory {
  readonly #connection: MessageStream
  #pieces: Uint8Array[] = []
  #length = 0
  #looking = false

  constructor(connection: MessageStream) {
    this.#connection = connection
    const onDrain = (): void => {
      if (connection.writeBufferLength === 0) this.#release(0)
    }
    connection.addEventListener('drain', onDrain)
    connection.addEventListener('close', () => {
      connection.removeEventListener('drain', onDrain)
      this.#pieces = []
    })
  }

  /** Remembers ciphertext that was made to be sent next. */
  add(ciphertext: Uint8Array | Uint8ArrayList): void {
    this.#length += ciphertext.byteLength
    if (ciphertext instanceof Uint8Array) this.#pieces.push(ciphertext)
    else this.#pieces.push(...ciphertext)
    if (this.#looking || this.#length <= SOCKET_TAIL) return
    this.#looking = true
    // the caller hands over what it has encrypted before any microtask runs
    queueMicrotask(this.#look)
  }

  readonly #look = (): void => {
    this.#looking = false
    const { writeBufferLength, writableNeedsDrain } = this.#connection
    if (writeBufferLength === 0 && !writableNeedsDrain) this.#release(SOCKET_TAIL)
  }

  /** Gives back the oldest pieces, all but the last `keep` bytes. */
  #release(keep: number): void {
    let released = 0
    for (const piece of this.#pieces) {
      if (this.#length - piece.byteLength < keep) break
      this.#length -= piece.byteLength
      released++
      giveBack(piece)
    }
    this.#pieces.splice(0, released)
  }
}
