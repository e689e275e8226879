import type { MessageStream } from '@libp2p/interface'
import type { Uint8ArrayList } from 'uint8arraylist'
import { giveBack, isWorthwhile } from './give-back.ts'

/** A stream of Node's that takes bytes in order. */
export interface Socket {
  /** Bytes written that the operating system has not taken, in part or as a whole. */
  readonly writableLength: number
}

/** Pieces that may lie in front of the queue before it is moved up. */
const COMPACT_ABOVE = 64

/**
 * Ciphertext on its way to a TCP socket, given back when the operating system
 * has taken it.
 *
 * Connection and socket take bytes in order, and both tell how many they hold.
 * So all but that many of the last bytes is gone, whatever the socket's
 * high-water mark is. What is not remembered (lengths, small records) only
 * makes those that are seem to be held for longer.
 */
export class SentMemory {
  readonly #connection: MessageStream
  readonly #socket: Socket
  #pieces: Uint8Array[] = []
  /** Index of the first piece that is not given back. */
  #first = 0
  #length = 0
  #looking = false

  constructor(connection: MessageStream, socket: Socket) {
    this.#connection = connection
    this.#socket = socket
    const onDrain = (): void => this.#lookSoon()
    connection.addEventListener('drain', onDrain)
    connection.addEventListener('close', () => {
      connection.removeEventListener('drain', onDrain)
      this.#clear()
    })
  }

  /** Remembers ciphertext that was made to be sent next. */
  add(ciphertext: Uint8Array | Uint8ArrayList): void {
    for (const piece of ciphertext instanceof Uint8Array ? [ciphertext] : ciphertext) {
      if (!isWorthwhile(piece)) continue
      this.#pieces.push(piece)
      this.#length += piece.byteLength
      this.#lookSoon()
    }
  }

  /** The caller hands over what it has encrypted before any microtask runs. */
  #lookSoon(): void {
    if (this.#looking || this.#length === 0) return
    this.#looking = true
    queueMicrotask(this.#look)
  }

  readonly #look = (): void => {
    this.#looking = false
    this.#release(this.#connection.writeBufferLength + this.#socket.writableLength)
  }

  /** Gives back the oldest pieces, all but the last `keep` bytes. */
  #release(keep: number): void {
    for (;;) {
      const piece = this.#pieces[this.#first]
      if (piece === undefined || this.#length - piece.byteLength < keep) break
      this.#length -= piece.byteLength
      this.#first++
      giveBack(piece)
    }
    if (this.#first === this.#pieces.length) {
      this.#clear()
    } else if (this.#first >= COMPACT_ABOVE && 2 * this.#first >= this.#pieces.length) {
      // half of them at a time, so that each piece is moved once at most
      this.#pieces.splice(0, this.#first)
      this.#first = 0
    }
  }

  #clear(): void {
    this.#pieces = []
    this.#first = 0
    this.#length = 0
  }
}
