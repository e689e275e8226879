import type { AbortOptions, Channel, Frame, PeerId } from '@daa-compute/interface'
import { FRAME_OVERHEAD } from './constants.ts'
import { closedError, concurrentError, resetError, tooLargeError } from './errors.ts'
import type { PortMessage } from './messages.ts'
import { createPending, type Pending } from './pending.ts'

export interface PortChannelInit {
  readonly peer: PeerId
  readonly maxFrameLength: number
  readonly windowLength: number
  post(message: PortMessage, transfer?: ArrayBuffer[]): void
  /** It is over: nothing that comes for it has to be brought here. */
  onOver(): void
}

interface PendingSend {
  readonly parts: readonly Uint8Array[]
  readonly length: number
  readonly pending: Pending<void>
}

/**
 * One end of a channel over a message port.
 *
 * A frame is copied once, into memory of its own, when the window lets it in;
 * that memory then moves to the receiver, which copies nothing. The sender counts
 * what it has sent and not seen taken, and from a full window on its sends wait;
 * the receiver returns what it took in halves of a window.
 */
export class PortChannel implements Channel {
  readonly peer: PeerId
  readonly maxFrameLength: number
  readonly closed: Promise<Error | undefined>
  readonly #init: PortChannelInit
  readonly #resolveClosed: (error: Error | undefined) => void
  readonly #sends: PendingSend[] = []
  readonly #frames: Uint8Array[] = []
  /** Bytes sent and not known to be taken. */
  #inFlight = 0
  /** Bytes that came and were not returned to the sender's window; some of them are taken. */
  #held = 0
  #taken = 0
  #receive: Pending<Uint8Array | undefined> | undefined
  /** Calls of `close` that wait; there is such a list from the first call on. */
  #closing: Pending<void>[] | undefined
  /** The other end has closed: what is in `#frames` is all there will be. */
  #remoteClosed = false
  #over = false
  /** Why it is over, unless somebody closed politely. */
  #failure: Error | undefined

  constructor(init: PortChannelInit) {
    this.#init = init
    this.peer = init.peer
    this.maxFrameLength = init.maxFrameLength
    const { promise, resolve } = Promise.withResolvers<Error | undefined>()
    this.closed = promise
    this.#resolveClosed = resolve
  }

  send(frame: Frame, { signal }: AbortOptions = {}): Promise<void> {
    if (this.#over || this.#remoteClosed || this.#closing !== undefined) {
      return Promise.reject(this.#failure ?? closedError(this.peer))
    }
    if (signal?.aborted === true) return Promise.reject(signal.reason as Error)
    // the list is the caller's to use again; only what it lists is borrowed
    const parts = frame instanceof Uint8Array ? [frame] : [...frame]
    const length = parts.reduce((sum, part) => sum + part.length, 0)
    if (length > this.maxFrameLength) {
      return Promise.reject(tooLargeError(this.peer, length, this.maxFrameLength))
    }
    if (this.#sends.length === 0 && this.#inFlight < this.#init.windowLength) {
      this.#transmit(parts, length)
      return Promise.resolve()
    }
    const pending = createPending<void>(signal, () => {
      this.#sends.splice(this.#sends.indexOf(send), 1)
    })
    const send = { parts, length, pending }
    this.#sends.push(send)
    return pending.promise
  }

  receive({ signal }: AbortOptions = {}): Promise<Uint8Array | undefined> {
    if (this.#receive !== undefined) return Promise.reject(concurrentError(this.peer))
    if (this.#closing !== undefined || this.#failure !== undefined) {
      return Promise.reject(this.#failure ?? closedError(this.peer))
    }
    if (this.#over) return Promise.resolve(undefined)
    if (signal?.aborted === true) return Promise.reject(signal.reason as Error)
    const frame = this.#frames.shift()
    if (frame !== undefined) return Promise.resolve(this.#take(frame))
    this.#receive = createPending(signal, () => {
      this.#receive = undefined
    })
    return this.#receive.promise
  }

  close({ signal }: AbortOptions = {}): Promise<void> {
    if (this.#over) return Promise.resolve()
    if (this.#closing === undefined) {
      this.#closing = []
      for (const frame of this.#frames.splice(0)) this.#release(frame)
      this.#receive?.reject(closedError(this.peer))
      this.#receive = undefined
    }
    // who does not wait for the end has it at once
    if (signal?.aborted === true) {
      this.abort(signal.reason as Error)
      return Promise.reject(signal.reason as Error)
    }
    const pending = createPending<void>(signal, () => this.abort(signal?.reason as Error))
    this.#closing.push(pending)
    this.#pump()
    return pending.promise
  }

  abort(error: Error): void {
    if (this.#over) return
    this.#init.post({ type: 'abort' })
    this.end(error)
  }

  /** What the other end says. */
  onMessage(message: PortMessage): void {
    if (this.#over) return
    switch (message.type) {
      case 'frame':
        return this.#onFrame(new Uint8Array(message.bytes))
      case 'credit':
        this.#inFlight = Math.max(0, this.#inFlight - message.length)
        return this.#pump()
      case 'close':
        return this.#onClose()
      case 'abort':
        return this.end(resetError(this.peer))
      case 'open':
      case 'accept':
      case 'refuse':
      case 'bye':
    }
  }

  /** The end: everything that waits settles. */
  end(failure: Error | undefined): void {
    if (this.#over) return
    this.#over = true
    this.#failure = failure
    this.#init.onOver()
    const error = failure ?? closedError(this.peer)
    for (const { pending } of this.#sends.splice(0)) pending.reject(error)
    const receive = this.#receive
    this.#receive = undefined
    if (failure === undefined) receive?.resolve(undefined)
    else receive?.reject(failure)
    for (const pending of this.#closing?.splice(0) ?? []) {
      if (failure === undefined) pending.resolve()
      else pending.reject(failure)
    }
    this.#frames.length = 0
    this.#resolveClosed(failure)
  }

  #onFrame(frame: Uint8Array): void {
    const { windowLength } = this.#init
    this.#held += cost(frame)
    if (frame.length > this.maxFrameLength || this.#held > windowLength + cost(frame)) {
      const length = Math.max(frame.length, this.#held)
      return this.abort(tooLargeError(this.peer, length, this.maxFrameLength))
    }
    if (this.#closing !== undefined) return this.#release(frame)
    const waiting = this.#receive
    if (waiting === undefined) {
      this.#frames.push(frame)
      return
    }
    this.#receive = undefined
    waiting.resolve(this.#take(frame))
  }

  #onClose(): void {
    this.#remoteClosed = true
    // the other end discards what this one still has to send
    for (const { pending } of this.#sends.splice(0)) pending.reject(closedError(this.peer))
    if (this.#frames.length === 0) this.end(undefined)
  }

  /** Sends what the window has room for, and says goodbye behind it. */
  #pump(): void {
    while (this.#inFlight < this.#init.windowLength) {
      const send = this.#sends.shift()
      if (send === undefined) break
      this.#transmit(send.parts, send.length)
      send.pending.resolve()
    }
    if (this.#closing === undefined || this.#sends.length > 0) return
    this.#init.post({ type: 'close' })
    this.end(undefined)
  }

  #transmit(parts: readonly Uint8Array[], length: number): void {
    const frame = new Uint8Array(length)
    let offset = 0
    for (const part of parts) {
      frame.set(part, offset)
      offset += part.length
    }
    this.#inFlight += cost(frame)
    this.#init.post({ type: 'frame', bytes: frame.buffer }, [frame.buffer])
  }

  /** Hands a frame to the owner. */
  #take(frame: Uint8Array): Uint8Array {
    this.#release(frame)
    if (this.#remoteClosed && this.#frames.length === 0) this.end(undefined)
    return frame
  }

  /** Returns a frame to the sender's window, many at a time. */
  #release(frame: Uint8Array): void {
    this.#taken += cost(frame)
    if (this.#taken * 2 < this.#init.windowLength) return
    this.#init.post({ type: 'credit', length: this.#taken })
    this.#held -= this.#taken
    this.#taken = 0
  }
}

/** What a frame counts for, in bytes. */
function cost(frame: Uint8Array): number {
  return frame.length + FRAME_OVERHEAD
}
