import { peerId } from '@daa-compute/interface'
import { WireError } from '@daa-compute/wire'
import type { PartialFrame } from '@daa-compute/wire'
import type { AbortOptions, Channel, Frame, PeerId } from '@daa-compute/interface'
import type { Connection, Stream, StreamCloseEvent } from '@libp2p/interface'
import { LINGER_MS } from '../constants.ts'
import { channelClosed, concurrentReceive, reset, tooLarge, truncated } from './channel-errors.ts'
import { holdInFlight } from './in-flight.ts'
import { Inbox } from './inbox.ts'
import { Outbox } from './outbox.ts'

/** Options of {@link createChannel}. */
export interface ChannelInit {
  /** An open stream that nobody else reads or writes. */
  readonly stream: Stream
  /** The connection the stream belongs to. */
  readonly connection: Connection
  /** Longest frame, in bytes. */
  readonly maxFrameLength: number
  /** The remote has announced a frame of so many bytes, more than it may. */
  onTooLarge?(length: number): void
  /** Called once, when the channel is over. */
  onOver?(channel: Channel): void
}

/**
 * Makes a channel of a libp2p stream.
 *
 * A frame is its length in four bytes, little-endian, and its bytes. A remote
 * that closes its half is answered with a close of this half, so that a stream
 * is gone at both ends soon after either has closed, read or not.
 */
export function createChannel(init: ChannelInit): Channel {
  return new StreamChannel(init)
}

class StreamChannel implements Channel {
  readonly peer: PeerId
  readonly maxFrameLength: number
  readonly closed: Promise<Error | undefined>

  readonly #stream: Stream
  readonly #inbox: Inbox
  readonly #outbox: Outbox
  readonly #onOver: ((channel: Channel) => void) | undefined
  readonly #resolveClosed: (error: Error | undefined) => void
  /** Ends the counting of what it has in flight. */
  readonly #landed: () => void

  #over = false
  #failure: Error | undefined
  /** Set once this end was closed by its owner. */
  #closing: Promise<void> | undefined
  #remoteEnded = false
  /** Everything the remote has sent was received. */
  #received = false

  constructor(init: ChannelInit) {
    const { stream, connection } = init
    this.peer = peerId(connection.remotePeer.toString())
    this.maxFrameLength = init.maxFrameLength
    this.#stream = stream
    this.#onOver = init.onOver
    const { promise, resolve } = Promise.withResolvers<Error | undefined>()
    this.closed = promise
    this.#resolveClosed = resolve

    this.#inbox = new Inbox({
      stream,
      maxFrameLength: init.maxFrameLength,
      onError: (cause) => {
        if (!isTooLong(cause)) return this.#fail(reset(this.peer, cause))
        init.onTooLarge?.(cause.detail.length)
        this.#fail(tooLarge(this.peer, cause.detail.length, this.maxFrameLength))
      },
      onEnd: (partial) => {
        this.#onEnd(partial)
      }
    })
    this.#outbox = new Outbox({
      stream,
      onError: (cause) => {
        this.#fail(reset(this.peer, cause))
      },
      onGivenUp: (reason) => {
        this.#fail(reason instanceof Error ? reason : channelClosed(this.peer, reason))
      },
      onStuck: () => {
        connection.abort(this.#failure ?? reset(this.peer))
      }
    })

    this.#landed = holdInFlight(connection, () => ({
      sent: this.#outbox.inFlight,
      received: this.#inbox.inFlight
    }))

    stream.addEventListener('message', this.#inbox.onMessage)
    stream.addEventListener('drain', this.#outbox.onDrain)
    stream.addEventListener('close', this.#onStreamClose)
    stream.addEventListener('remoteCloseWrite', this.#onRemoteClose)

    // events that came before this channel was there
    if (stream.status !== 'open') queueMicrotask(() => this.#fail(reset(this.peer)))
    else if (stream.remoteWriteStatus === 'closed') this.#onRemoteClose()
  }

  send(frame: Frame, options?: AbortOptions): Promise<void> {
    if (this.#failure !== undefined) return Promise.reject(this.#failure)
    if (this.#over || this.#closing !== undefined || this.#remoteEnded) {
      return Promise.reject(channelClosed(this.peer))
    }
    const length = frameLength(frame)
    if (length > this.maxFrameLength)
      return Promise.reject(tooLarge(this.peer, length, this.maxFrameLength))
    const signal = options?.signal
    if (signal?.aborted === true) return Promise.reject(signal.reason)
    return this.#outbox.send(frame, length, signal)
  }

  receive(options?: AbortOptions): Promise<Uint8Array | undefined> {
    if (this.#inbox.waiting) {
      return Promise.reject(concurrentReceive(this.peer))
    }
    const signal = options?.signal
    if (signal?.aborted === true) return Promise.reject(signal.reason)
    return this.#inbox.receive(signal)
  }

  close(options?: AbortOptions): Promise<void> {
    if (this.#over && this.#closing === undefined) return Promise.resolve()
    if (this.#closing === undefined) {
      this.#closing = this.#closeBoth()
      // who closes without waiting learns of a failure from `closed`
      this.#closing.catch(ignore)
    }
    const signal = options?.signal
    return signal === undefined ? this.#closing : this.#closeUnless(this.#closing, signal)
  }

  abort(error: Error): void {
    this.#fail(error)
  }

  async #closeBoth(): Promise<void> {
    // what the remote still sends is read and thrown away, so that it is not held up
    this.#stream.removeEventListener('message', this.#inbox.onMessage)
    this.#inbox.stop(channelClosed(this.peer))
    this.#inbox.resume()
    this.#stream.closeRead().catch(ignore)
    await this.#closeWrite()
    if (this.#failure !== undefined) throw this.#failure
    this.#finish()
    this.#linger()
  }

  async #closeUnless(closing: Promise<void>, signal: AbortSignal): Promise<void> {
    const onAbort = (): void => {
      const reason: unknown = signal.reason
      this.#fail(reason instanceof Error ? reason : channelClosed(this.peer, reason))
    }
    if (signal.aborted) onAbort()
    else signal.addEventListener('abort', onAbort)
    try {
      await closing
    } finally {
      signal.removeEventListener('abort', onAbort)
    }
  }

  /** Waits until what was sent has been handed over, and says that no more follows. */
  async #closeWrite(): Promise<void> {
    await this.#outbox.idle()
    if (this.#failure !== undefined) return
    try {
      await this.#stream.close()
    } catch (cause) {
      this.#fail(reset(this.peer, cause))
    }
  }

  readonly #onRemoteClose = (): void => {
    if (this.#remoteEnded) return
    this.#remoteEnded = true
    // a frame of yamux may carry data and the end at once, and tells of the end first
    queueMicrotask(() => {
      if (this.#over || this.#closing !== undefined) return
      this.#inbox.onRemoteEnd()
      void this.#closeWrite().then(() => {
        this.#inbox.checkEnd()
        if (this.#received) this.#finish()
      })
    })
  }

  readonly #onStreamClose = (event: StreamCloseEvent): void => {
    this.#outbox.onClosed()
    if (this.#over) return
    const polite = this.#remoteEnded && !this.#outbox.busy
    if (polite && (event.error === undefined || this.#inbox.complete)) return
    this.#fail(reset(this.peer, event.error))
  }

  #onEnd(partial: PartialFrame | undefined): void {
    if (partial === undefined) {
      this.#received = true
      this.#inbox.stop()
      if (!this.#outbox.busy) this.#finish()
      return
    }
    this.#fail(truncated(this.peer, partial))
  }

  /** The polite end. */
  #finish(): void {
    if (this.#over) return
    this.#over = true
    // a close of this half that is still under way goes on without listeners
    this.#removeListeners()
    this.#landed()
    this.#resolveClosed(undefined)
    this.#onOver?.(this)
  }

  #fail(error: Error): void {
    if (this.#over) return
    this.#over = true
    this.#failure = error
    this.#landed()
    this.#inbox.stop(error)
    this.#outbox.fail(error, () => {
      this.#removeListeners()
      this.#stream.abort(error)
    })
    this.#resolveClosed(error)
    this.#onOver?.(this)
  }

  /** Cuts off a remote that never answers the close. */
  #linger(): void {
    const stream = this.#stream
    if (stream.status !== 'open') return
    const timer = setTimeout(() => {
      stream.abort(reset(this.peer))
    }, LINGER_MS)
    stream.addEventListener('close', () => clearTimeout(timer), { once: true })
  }

  #removeListeners(): void {
    const stream = this.#stream
    stream.removeEventListener('message', this.#inbox.onMessage)
    stream.removeEventListener('drain', this.#outbox.onDrain)
    stream.removeEventListener('close', this.#onStreamClose)
    stream.removeEventListener('remoteCloseWrite', this.#onRemoteClose)
  }
}

function isTooLong(cause: unknown): cause is WireError<'TOO_LONG'> {
  return cause instanceof WireError && cause.code === 'TOO_LONG'
}

function frameLength(frame: Frame): number {
  if (frame instanceof Uint8Array) return frame.byteLength
  let length = 0
  for (const part of frame) length += part.byteLength
  return length
}

function ignore(): void {}
