import type { MessageStream } from '@libp2p/interface'
import { Uint8ArrayList } from 'uint8arraylist'
import { giveBack } from '../give-back.ts'
import { isWebSocket } from '../../web-socket/is-web-socket.ts'
import type { SocketConnection } from '../../tcp/socket-of.ts'
import { SOCKET_FULL, SOCKET_ROOM } from './constants.ts'
import { join } from './record-writer.ts'

/** Where records go. */
export interface Outlet {
  /** Whether there is no room until it says so. */
  readonly full: boolean
  /** Sends pieces of ciphertext, `bytes` in all, whose memory is its own. */
  write(pieces: readonly Uint8Array[], bytes: number): void
}

/** Any connection of libp2p's: one message for all pieces, as some make a frame of each. */
export class StreamOutlet implements Outlet {
  readonly #stream: MessageStream

  constructor(stream: MessageStream) {
    this.#stream = stream
  }

  get full(): boolean {
    return this.#stream.writableNeedsDrain
  }

  write(pieces: readonly Uint8Array[]): void {
    this.#stream.send(join(pieces))
    for (const piece of pieces) giveBack(piece)
  }
}

/**
 * A WebSocket of the platform's, which copies what it sends before `send` returns
 * (WHATWG WebSockets, section 3.1, and a mask has to be laid over it anyway): so
 * the message is put together in the same memory every time.
 */
export class WebSocketOutlet implements Outlet {
  readonly #stream: MessageStream
  #memory = new Uint8Array(0)

  constructor(stream: MessageStream) {
    this.#stream = stream
  }

  get full(): boolean {
    return this.#stream.writableNeedsDrain
  }

  write(pieces: readonly Uint8Array[], bytes: number): void {
    if (this.#stream.writableNeedsDrain || this.#stream.writeBufferLength > 0) {
      // it would wait by reference
      this.#stream.send(join(pieces))
      return
    }
    if (this.#memory.byteLength < bytes) this.#memory = new Uint8Array(2 * bytes)
    let at = 0
    for (const piece of pieces) {
      this.#memory.set(piece, at)
      at += piece.byteLength
      giveBack(piece)
    }
    this.#stream.send(this.#memory.subarray(0, at))
  }
}

/** What {@link SocketConnection} has for sending, below libp2p's own queue. */
interface Sending {
  sendData(data: Uint8ArrayList): { readonly sentBytes: number }
}

const NOTHING = new Uint8Array(0)

/**
 * A connection with a socket: one system call for all pieces, whose memory goes
 * back to the system when the socket has taken them.
 *
 * libp2p calls a socket full at 64 KiB, and then waits until it is empty.
 */
export class SocketOutlet implements Outlet {
  readonly #connection: SocketConnection & Sending
  readonly #onRoom: () => void
  /** Bytes the socket has not passed on to the system. */
  #held = 0
  #full = false

  constructor(connection: SocketConnection & Sending, onRoom: () => void) {
    this.#connection = connection
    this.#onRoom = onRoom
  }

  get full(): boolean {
    return this.#full
  }

  write(pieces: readonly Uint8Array[], bytes: number): void {
    const { socket } = this.#connection
    const list = new Uint8ArrayList(...pieces)
    this.#held += bytes
    this.#full ||= this.#held >= SOCKET_FULL
    socket.cork()
    // it stops at every piece once the socket calls itself full
    while (list.byteLength > 0) list.consume(this.#connection.sendData(list).sentBytes)
    // called also if the socket is closed before; nothing reads the pieces then either
    socket.write(NOTHING, () => this.#onWritten(pieces, bytes))
    socket.uncork()
  }

  #onWritten(pieces: readonly Uint8Array[], bytes: number): void {
    for (const piece of pieces) giveBack(piece)
    this.#held -= bytes
    if (!this.#full || this.#held > SOCKET_ROOM) return
    this.#full = false
    this.#onRoom()
  }
}

/** An outlet for a connection's records; `onRoom` is called when a full one has room again. */
export function createOutlet(
  stream: MessageStream,
  socket: SocketConnection | undefined,
  onRoom: () => void
): Outlet {
  if (socket !== undefined && sends(socket)) return new SocketOutlet(socket, onRoom)
  stream.addEventListener('drain', onRoom)
  // a listener's is one of the package ws, which sends what it is given
  const copies = isWebSocket(stream) && stream.direction === 'outbound'
  return copies ? new WebSocketOutlet(stream) : new StreamOutlet(stream)
}

function sends(connection: SocketConnection): connection is SocketConnection & Sending {
  return 'sendData' in connection && typeof connection.sendData === 'function'
}
