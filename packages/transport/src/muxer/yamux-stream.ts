import { asError } from '@daa-compute/interface'
import type { AbortOptions } from '@libp2p/interface'
import { AbstractStream, type AbstractStreamInit, type SendResult } from '@libp2p/utils'
import type { Uint8ArrayList } from 'uint8arraylist'
import type { Borrower, Lender } from '../lending.ts'
import { INITIAL_WINDOW, MAX_FRAME_DATA, MAX_WINDOW } from './constants.ts'
import { MuxerError } from './errors.ts'
import { Flag, FrameType } from './frame.ts'
import { ReceiveWindow } from './receive-window.ts'

/** What a stream needs of its muxer. */
export interface StreamSession {
  /** Sends a frame. @returns whether the connection has room for more */
  sendFrame(
    type: number,
    flags: number,
    stream: number,
    length: number,
    data?: Uint8Array | Uint8ArrayList
  ): boolean
  /** Of the connection, in ms; `undefined` while it is not known. */
  readonly roundTripTime: number | undefined
  /** In ms, from any beginning. */
  now(): number
}

/** Options of {@link YamuxStream}. */
export interface YamuxStreamInit extends AbstractStreamInit {
  readonly number: number
  readonly session: StreamSession
  /** Largest receive window, in bytes. */
  readonly maxWindow: number
}

/** One of the streams of a connection. */
export class YamuxStream extends AbstractStream implements Lender {
  readonly number: number
  readonly #session: StreamSession
  readonly #window: ReceiveWindow
  #borrower: Borrower | undefined
  /** What the remote has room for, in bytes. */
  #sendWindow = INITIAL_WINDOW
  /** What is to be said of the stream's beginning with its next frame. */
  #beginning: number
  #ended = false

  constructor(init: YamuxStreamInit) {
    super({ ...init, maxMessageSize: MAX_FRAME_DATA })
    this.number = init.number
    this.#session = init.session
    this.#window = new ReceiveWindow(init.maxWindow)
    this.#beginning = init.direction === 'outbound' ? Flag.SYN : Flag.ACK
    this.addEventListener('close', () => {
      this.#ended = true
    })
  }

  lendTo(borrower: Borrower | undefined): void {
    this.#borrower = borrower
  }

  /** Lets the remote know of the stream, if no frame has yet. */
  begin(): void {
    if (this.#beginning === 0 || this.#ended) return
    this.#sendFrame(FrameType.WINDOW_UPDATE, 0, 0)
  }

  /** Past libp2p's queue where nothing waits in it, whose lists are garbage with every send. */
  override send(data: Uint8Array | Uint8ArrayList): boolean {
    const waits = this.sendingData || this.writeBuffer.byteLength > 0
    const fits = data.byteLength > 0 && data.byteLength <= this.#sendWindow
    if (this.writeStatus !== 'writable' || this.writableNeedsDrain || waits || !fits) {
      return super.send(data)
    }
    this.sendingData = true
    let sent = 0
    try {
      sent = this.#sendFrames(data)
    } catch (error) {
      this.abort(asError(error))
      throw error
    } finally {
      this.sendingData = false
      // who closed it meanwhile waits for that
      if (this.writeStatus !== 'writable') this.safeDispatchEvent('idle')
    }
    if (this.writableNeedsDrain && sent < data.byteLength) super.send(part(data, sent))
    return !this.writableNeedsDrain
  }

  sendData(data: Uint8ArrayList): SendResult {
    const sentBytes = Math.min(data.byteLength, this.#sendWindow)
    if (sentBytes === 0) return { sentBytes, canSendMore: false }
    const whole = sentBytes === data.byteLength
    this.#sendWindow -= sentBytes
    const room = this.#sendFrame(
      FrameType.DATA,
      0,
      sentBytes,
      whole ? data : data.sublist(0, sentBytes)
    )
    return { sentBytes, canSendMore: whole && room }
  }

  sendReset(): void {
    this.#sendFrame(FrameType.WINDOW_UPDATE, Flag.RST, 0)
  }

  sendCloseWrite(options?: AbortOptions): Promise<void> {
    options?.signal?.throwIfAborted()
    this.#sendFrame(FrameType.WINDOW_UPDATE, Flag.FIN, 0)
    return Promise.resolve()
  }

  /** yamux has no word for it: what still comes is read and dropped. */
  sendCloseRead(options?: AbortOptions): Promise<void> {
    options?.signal?.throwIfAborted()
    return Promise.resolve()
  }

  /** yamux has no word for it: without window updates the remote comes to a halt. */
  sendPause(): void {}

  sendResume(): void {
    this.#updateWindow()
  }

  /** The remote's end has room for so many bytes more. */
  onWindowUpdate(bytes: number): void {
    this.#sendWindow += bytes
    if (this.#sendWindow > MAX_WINDOW) {
      throw new MuxerError(
        'WINDOW_OVERFLOW',
        `the window of stream ${this.number} was raised beyond 32 bits; the remote is faulty`,
        { stream: this.number }
      )
    }
    if (bytes > 0 && this.writeBuffer.byteLength > 0) this.safeDispatchEvent('drain')
  }

  /** Data is announced. */
  onDataHeader(length: number): void {
    const window = this.#window.available
    if (!this.#window.take(length)) {
      throw new MuxerError(
        'WINDOW_EXCEEDED',
        `${length} bytes were sent on stream ${this.number}, whose window has room for ${window}; the remote is faulty`,
        { stream: this.number, length, window }
      )
    }
  }

  /** Announced data has come; the bytes are borrowed. */
  onBorrowed(bytes: Uint8Array): void {
    const borrower = this.#borrower
    if (borrower === undefined || this.readStatus !== 'readable' || this.readBufferLength > 0) {
      // here they may wait, or become somebody else's: as a copy
      this.onData(bytes.slice())
    } else {
      borrower(bytes)
    }
    if (this.readStatus !== 'paused') this.#updateWindow()
  }

  /** Frame by frame until the connection is full. @returns how many bytes it took */
  #sendFrames(data: Uint8Array | Uint8ArrayList): number {
    const { byteLength } = data
    let sent = 0
    while (sent < byteLength && !this.writableNeedsDrain) {
      const end = Math.min(byteLength, sent + MAX_FRAME_DATA)
      const frame = end - sent === byteLength ? data : part(data, sent, end)
      this.#sendWindow -= end - sent
      const room = this.#sendFrame(FrameType.DATA, 0, end - sent, frame)
      this.writableNeedsDrain = !room
      sent = end
    }
    return sent
  }

  #updateWindow(): void {
    if (this.#ended || this.remoteWriteStatus !== 'writable') return
    const more = this.#window.update(this.#session.now(), this.#session.roundTripTime)
    if (more > 0) this.#sendFrame(FrameType.WINDOW_UPDATE, 0, more)
  }

  #sendFrame(
    type: number,
    flags: number,
    length: number,
    data?: Uint8Array | Uint8ArrayList
  ): boolean {
    const all = flags | this.#beginning
    this.#beginning = 0
    return this.#session.sendFrame(type, all, this.number, length, data)
  }
}

function part(data: Uint8Array | Uint8ArrayList, from: number, to?: number): typeof data {
  return data instanceof Uint8Array ? data.subarray(from, to) : data.sublist(from, to)
}
