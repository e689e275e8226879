import type { RecordOpener } from '@daa-compute/crypto'
import { asError } from '@daa-compute/interface'
import type {
  AbortOptions,
  MessageStream,
  StreamCloseEvent,
  StreamMessageEvent
} from '@libp2p/interface'
import { AbstractMessageStream, type SendResult } from '@libp2p/utils'
import type { Uint8ArrayList } from 'uint8arraylist'
import type { Borrower, Lender } from '../../lending.ts'
import type { SocketConnection } from '../../tcp/socket-of.ts'
import { isWebSocket } from '../../web-socket/is-web-socket.ts'
import { giveBack } from '../give-back.ts'
import { TAG_LENGTH } from './constants.ts'
import { notAuthentic, RecordError, tooShort, truncated } from './errors.ts'
import { createOutlet, type Outlet } from './outlet.ts'
import { RecordReader } from './record-reader.ts'
import { RecordWriter, type RecordWriterInit } from './record-writer.ts'

/** Options of {@link RecordStream}. */
export interface RecordStreamInit {
  /** The connection, which nobody else reads or writes from now on. */
  readonly stream: MessageStream
  /** The same, if its bytes go straight to a socket. */
  readonly socket: SocketConnection | undefined
  readonly sealer: RecordWriterInit['sealer']
  readonly opener: RecordOpener
  /** Received bytes that come before all others. */
  readonly early: Uint8Array | undefined
}

/** A connection encrypted in records, from the end of its handshake on. */
export class RecordStream extends AbstractMessageStream implements Lender {
  readonly #stream: MessageStream
  readonly #opener: RecordOpener
  readonly #reader = new RecordReader((record) => this.#onRecord(record))
  readonly #writer: RecordWriter
  readonly #outlet: Outlet
  #borrower: Borrower | undefined
  readonly #ownsMessages: boolean
  #records = 0
  #ended = false

  constructor({ stream, socket, sealer, opener, early }: RecordStreamInit) {
    super({
      log: stream.log,
      inactivityTimeout: stream.inactivityTimeout,
      maxReadBufferLength: stream.maxReadBufferLength,
      direction: stream.direction
    })
    this.#stream = stream
    this.#opener = opener
    this.#ownsMessages = isWebSocket(stream)
    const outlet = createOutlet(stream, socket, () => this.safeDispatchEvent('drain'))
    this.#outlet = outlet
    this.#writer = new RecordWriter({
      sealer,
      write: (pieces, bytes) => {
        // a connection that has closed meanwhile takes nothing
        if (stream.status === 'open') outlet.write(pieces, bytes)
      },
      onError: (error) => this.abort(asError(error))
    })
    // never removed: what nobody listens for is kept, and these bytes are borrowed
    stream.addEventListener('message', this.#onMessage)
    stream.addEventListener('close', this.#onClose)
    stream.addEventListener('remoteCloseWrite', () => this.#onEnd())
    if (early !== undefined) this.#read([early])
  }

  lendTo(borrower: Borrower | undefined): void {
    this.#borrower = borrower
  }

  /** Past libp2p's queue where nothing waits in it, whose lists are garbage with every send. */
  override send(data: Uint8Array | Uint8ArrayList): boolean {
    const waits = this.sendingData || this.writeBuffer.byteLength > 0
    if (this.writeStatus !== 'writable' || this.writableNeedsDrain || waits) return super.send(data)
    this.sendingData = true
    try {
      this.#add(data)
    } catch (error) {
      this.abort(asError(error))
      throw error
    } finally {
      this.sendingData = false
      // who closed it meanwhile waits for that
      if (this.writeStatus !== 'writable') this.safeDispatchEvent('idle')
    }
    this.writableNeedsDrain = this.#outlet.full
    return !this.writableNeedsDrain
  }

  sendData(data: Uint8ArrayList): SendResult {
    const sentBytes = data.byteLength
    this.#add(data)
    return { sentBytes, canSendMore: !this.#outlet.full }
  }

  async close(options?: AbortOptions): Promise<void> {
    if (this.writeStatus !== 'writable') return
    this.status = 'closing'
    this.writeStatus = 'closing'
    if (this.writeBuffer.byteLength > 0) await this.#idle(options)
    this.#writer.flush()
    await this.#stream.close(options)
  }

  sendReset(error: Error): void {
    // a last word of the muxer's to a remote that cannot do with silence
    if (error instanceof RecordError) this.#stream.abort(error)
    else this.#flushAndAbort(error)
  }

  sendPause(): void {
    this.#stream.pause()
  }

  sendResume(): void {
    this.#stream.resume()
  }

  readonly #onMessage = ({ data }: StreamMessageEvent): void => {
    this.#read(data instanceof Uint8Array ? [data] : data)
  }

  #add(data: Uint8Array | Uint8ArrayList): void {
    if (data instanceof Uint8Array) this.#writer.add(data)
    else for (const piece of data) this.#writer.add(piece)
  }

  #read(chunks: Iterable<Uint8Array>): void {
    try {
      for (const chunk of chunks) {
        if (this.#ended) return
        this.#reader.push(chunk)
        // a message of a WebSocket is nobody else's, and each is a new one
        if (this.#ownsMessages) giveBack(chunk)
      }
    } catch (error) {
      this.#ended = true
      this.abort(asError(error))
    }
  }

  #onRecord(record: Uint8Array): boolean {
    const number = this.#records++
    if (record.byteLength < TAG_LENGTH) throw tooShort(number, record.byteLength)
    let plaintext: Uint8Array
    try {
      plaintext = this.#opener.open(record)
    } catch (error) {
      throw notAuthentic(number, error)
    }
    const borrower = this.#borrower
    if (borrower === undefined || this.readStatus !== 'readable' || this.readBufferLength > 0) {
      this.onData(plaintext)
    } else {
      borrower(plaintext)
      giveBack(plaintext)
    }
    // whoever took it may have ended the connection
    this.#ended = this.status === 'aborted' || this.status === 'reset'
    return !this.#ended
  }

  /** The remote sends no more. */
  #onEnd(): void {
    if (this.#ended) return
    this.#ended = true
    if (this.#reader.isWithinRecord) this.abort(truncated(this.#records))
    else this.onRemoteCloseWrite()
  }

  readonly #onClose = ({ error, local }: StreamCloseEvent): void => {
    if (error === undefined) {
      if (!this.#ended && this.#reader.isWithinRecord) this.abort(truncated(this.#records))
      else this.onTransportClosed()
    } else if (local === true) {
      this.abort(error)
    } else {
      this.onRemoteReset()
    }
    this.#ended = true
  }

  #flushAndAbort(error: Error): void {
    try {
      this.#writer.flush()
    } finally {
      this.#stream.abort(error)
    }
  }

  /** Resolves when everything that was to be sent is encrypted. */
  #idle({ signal }: AbortOptions = {}): Promise<void> {
    signal?.throwIfAborted()
    const { promise, resolve, reject } = Promise.withResolvers<void>()
    const onIdle = (): void => resolve()
    const onClose = ({ error }: StreamCloseEvent): void => {
      if (error === undefined) resolve()
      else reject(error)
    }
    const onAbort = (): void => reject(asError(signal?.reason))
    this.addEventListener('idle', onIdle)
    this.addEventListener('close', onClose)
    signal?.addEventListener('abort', onAbort)
    return promise.finally(() => {
      this.removeEventListener('idle', onIdle)
      this.removeEventListener('close', onClose)
      signal?.removeEventListener('abort', onAbort)
    })
  }
}
