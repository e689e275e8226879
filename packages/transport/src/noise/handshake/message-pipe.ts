import type { MessageStream, StreamCloseEvent, StreamMessageEvent } from '@libp2p/interface'
import { Uint8ArrayList } from 'uint8arraylist'
import { HANDSHAKE_MS } from '../../constants.ts'
import { HandshakeError } from './errors.ts'

/** Bytes in front of each message that say how long it is, big-endian: libp2p's Noise specification. */
const PREFIX_LENGTH = 2

/** What goes out together with the first message. */
export interface Ahead {
  readonly bytes: Uint8Array
  /** Reads the remote's answer to it, which comes before its first message. */
  readAnswer(take: (length: number) => Promise<Uint8Array>): Promise<void>
}

/**
 * The messages of one handshake over a stream, and its deadline.
 *
 * Between handshake and records no byte may be lost: the one listener is here
 * from the beginning to {@link MessagePipe.end}, which gives out what came early.
 */
export class MessagePipe {
  readonly #stream: MessageStream
  readonly #signal: AbortSignal | undefined
  readonly #received = new Uint8ArrayList()
  readonly #timer: ReturnType<typeof setTimeout>
  #ahead: Ahead | undefined
  #failure: { readonly error: unknown } | undefined
  #closed = false
  #paused = false
  #reset: Error | undefined
  #wake: (() => void) | undefined

  constructor(stream: MessageStream, signal?: AbortSignal, ahead?: Ahead) {
    this.#stream = stream
    this.#signal = signal
    this.#ahead = ahead
    stream.addEventListener('message', this.#onMessage)
    stream.addEventListener('close', this.#onClose)
    stream.addEventListener('remoteCloseWrite', this.#onRemoteClose)
    signal?.addEventListener('abort', this.#onAbort)
    this.#timer = setTimeout(this.#onTimeout, HANDSHAKE_MS)
    if (signal?.aborted === true) this.#onAbort()
    // behind the microtask in which bytes are passed on that have come already
    if (stream.status !== 'open') queueMicrotask(this.#onRemoteClose)
  }

  /**
   * @param number of the message, from 1, for errors
   * @throws HandshakeError `CLOSED` or `TIMEOUT`; the reason of the signal
   */
  send(message: Uint8Array, number: number): void {
    this.check()
    if (this.#stream.status !== 'open') throw closed(number, this.#reset)
    const prefix = Uint8Array.of(message.length >>> 8, message.length & 0xff)
    const ahead = this.#ahead === undefined ? [] : [this.#ahead.bytes]
    this.#stream.send(new Uint8ArrayList(...ahead, prefix, message))
  }

  /**
   * The remote's next message.
   *
   * @param number of the message, from 1, for errors
   * @param shortest and
   * @param longest length of it, in bytes
   * @throws HandshakeError `MESSAGE_TOO_LONG`, `BAD_MESSAGE`, `CLOSED` or `TIMEOUT`;
   *   the reason of the signal
   */
  async receive(number: number, shortest: number, longest: number): Promise<Uint8Array> {
    const ahead = this.#ahead
    this.#ahead = undefined
    await ahead?.readAnswer((bytes) => this.#take(bytes, number))
    const prefix = await this.#take(PREFIX_LENGTH, number)
    const length = (prefix[0] ?? 0) * 256 + (prefix[1] ?? 0)
    if (length < shortest) {
      throw new HandshakeError(
        'BAD_MESSAGE',
        `message ${number} of the handshake is announced with ${length} bytes, it has ${shortest} at least; the remote speaks another protocol`,
        { message: number }
      )
    }
    if (length > longest) {
      throw new HandshakeError(
        'MESSAGE_TOO_LONG',
        `message ${number} of the handshake is announced with ${length} bytes, ${longest} are allowed; the remote speaks another protocol or means harm`,
        { message: number, length, limit: longest }
      )
    }
    return this.#take(length, number)
  }

  async #take(length: number, number: number): Promise<Uint8Array> {
    while (this.#received.byteLength < length) {
      this.check()
      if (this.#closed) throw closed(number, this.#reset)
      await new Promise<void>((resolve) => {
        this.#wake = resolve
      })
    }
    this.check()
    const bytes = this.#received.subarray(0, length).slice()
    this.#received.consume(length)
    return bytes
  }

  /** Keeps what comes from now on in the stream, whose buffer is bounded. */
  pause(): void {
    // what is closed for reading has nothing to pause
    if (this.#closed || this.#failure !== undefined) return
    this.#stream.pause()
    this.#paused = true
  }

  /** Lets it out again, to whoever listens by now. */
  resume(): void {
    if (this.#paused && this.#stream.status === 'open') this.#stream.resume()
  }

  /** @throws what has ended the handshake, if something has */
  check(): void {
    if (this.#failure !== undefined) throw this.#failure.error
  }

  /**
   * Lets go of the stream.
   *
   * @returns bytes that came behind the last message
   */
  end(): Uint8Array | undefined {
    const stream = this.#stream
    stream.removeEventListener('message', this.#onMessage)
    stream.removeEventListener('close', this.#onClose)
    stream.removeEventListener('remoteCloseWrite', this.#onRemoteClose)
    this.#signal?.removeEventListener('abort', this.#onAbort)
    clearTimeout(this.#timer)
    return this.#received.byteLength === 0 ? undefined : this.#received.subarray()
  }

  #fail(error: unknown): void {
    this.#failure ??= { error }
    this.#wake?.()
  }

  readonly #onMessage = ({ data }: StreamMessageEvent): void => {
    this.#received.append(data)
    this.#wake?.()
  }

  readonly #onClose = ({ error, local }: StreamCloseEvent): void => {
    // what ended it from this end says why; a reset by the remote does not
    if (local === true && error !== undefined) this.#fail(error)
    this.#reset = error
    this.#onRemoteClose()
  }

  readonly #onRemoteClose = (): void => {
    this.#closed = true
    this.#wake?.()
  }

  readonly #onAbort = (): void => this.#fail(this.#signal?.reason)

  readonly #onTimeout = (): void => {
    this.#fail(
      new HandshakeError(
        'TIMEOUT',
        `the handshake was not over after ${HANDSHAKE_MS} ms; the remote is very slow, or holds connections open on purpose`,
        { limitMs: HANDSHAKE_MS }
      )
    )
  }
}

function closed(message: number, cause: Error | undefined): HandshakeError<'CLOSED'> {
  return new HandshakeError(
    'CLOSED',
    `the remote left before message ${message} of the handshake was complete; it may have refused this end`,
    { message },
    { cause }
  )
}
