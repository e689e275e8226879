import { FRAME_HEADER_LENGTH, writeFrameHeader } from '@daa-compute/wire'
import { Uint8ArrayList } from 'uint8arraylist'
import type { Frame } from '@daa-compute/interface'
import type { Stream } from '@libp2p/interface'
import { COALESCE_BELOW, RELEASE_MS } from '../constants.ts'
import type { InFlight } from './in-flight.ts'

/** A call of `send` that could not be done at once. */
interface Pending {
  readonly frame: Frame
  readonly length: number
  readonly resolve: () => void
  readonly reject: (reason: unknown) => void
  signal: AbortSignal | undefined
  onAbort: (() => void) | undefined
}

const DONE: Promise<void> = Promise.resolve()

/** Options of an {@link Outbox}. */
export interface OutboxInit {
  readonly stream: Stream
  /** The stream refused a frame. */
  onError(cause: unknown): void
  /** A caller gave up a frame of which a part has left: the channel cannot go on. */
  onGivenUp(reason: unknown): void
  /** The connection does not take what an ended channel lent it. */
  onStuck(): void
}

/**
 * The sending half of a channel, and the one place that knows how libp2p
 * streams say that they are full.
 *
 * When `stream.send` returns true, everything below has taken the bytes, and
 * Noise has encrypted them: their memory is free. When it returns false, they
 * may lie by reference in the stream (the window is used up) or in the Noise
 * layer (the socket was full before). On the `drain` event these layers queue
 * microtasks that send what they hold, lowest layer first; a microtask queued
 * behind them finds an empty write buffer and no need to drain exactly if
 * nothing is held any more. `stream.onDrain()` is not used: its promise is
 * never renewed, so that from the second time on it does not wait.
 *
 * One frame at a time is lent to the stream. The others wait here, where a
 * caller that gives up can take his frame back.
 */
export class Outbox {
  readonly #stream: Stream
  readonly #init: OutboxInit
  /** The length prefix and the small parts behind it; free whenever nothing is lent. */
  readonly #scratch = new Uint8Array(FRAME_HEADER_LENGTH + COALESCE_BELOW)
  #lent: Pending | undefined
  #queue: Pending[] = []
  #idle: (() => void)[] = []
  #failure: Error | undefined
  #release: (() => void) | undefined
  #timer: ReturnType<typeof setTimeout> | undefined

  constructor(init: OutboxInit) {
    this.#init = init
    this.#stream = init.stream
  }

  /** Whether a call of `send` has not settled. */
  get busy(): boolean {
    return this.#lent !== undefined
  }

  /** The frames whose calls of `send` have not settled. */
  get inFlight(): InFlight {
    if (this.#lent === undefined) return { frames: 0, bytes: 0 }
    let bytes = this.#lent.length
    for (const { length } of this.#queue) bytes += length
    return { frames: 1 + this.#queue.length, bytes }
  }

  /** Sends a frame of `length` bytes that the caller has checked. */
  send(frame: Frame, length: number, signal: AbortSignal | undefined): Promise<void> {
    if (this.#lent === undefined && this.#handOver(frame, length)) return DONE
    if (this.#failure !== undefined) return Promise.reject(this.#failure)
    return new Promise((resolve, reject) => {
      const pending: Pending = {
        frame,
        length,
        resolve,
        reject,
        signal,
        onAbort: undefined
      }
      if (signal !== undefined) {
        pending.onAbort = (): void => {
          this.#giveUp(pending, signal.reason)
        }
        signal.addEventListener('abort', pending.onAbort)
      }
      if (this.#lent === undefined) this.#lent = pending
      else this.#queue.push(pending)
    })
  }

  /** Resolves when all calls of `send` have settled. */
  idle(): Promise<void> {
    if (this.#lent === undefined) return DONE
    return new Promise((resolve) => {
      this.#idle.push(resolve)
    })
  }

  /** To be called on every `drain` of the stream. */
  readonly onDrain = (): void => {
    if (this.#lent !== undefined) queueMicrotask(this.#onDrained)
  }

  /**
   * Rejects what waits. A frame that the layers below may still read is rejected
   * only once they are done with it: its bytes would otherwise change on their
   * way if the caller uses their memory again.
   *
   * @param release called once, when no memory is lent any more
   */
  fail(error: Error, release: () => void): void {
    this.#failure = error
    const queue = this.#queue
    this.#queue = []
    for (const pending of queue) settle(pending, error)
    const lent = this.#lent
    const done = (): void => {
      clearTimeout(this.#timer)
      this.#release = undefined
      this.#lent = undefined
      release()
      if (lent !== undefined) settle(lent, error)
      this.#notifyIdle()
    }
    const { status, writeStatus, writeBufferLength } = this.#stream
    // a frame that has not left the stream as a whole is dropped with the stream
    if (
      lent === undefined ||
      status !== 'open' ||
      writeStatus !== 'writable' ||
      writeBufferLength > 0
    ) {
      done()
      return
    }
    this.#release = done
    this.#timer = setTimeout(this.#init.onStuck, RELEASE_MS)
  }

  /** To be called when the stream is over: nothing reads lent memory any more. */
  onClosed(): void {
    this.#release?.()
  }

  readonly #onDrained = (): void => {
    const lent = this.#lent
    const stream = this.#stream
    if (lent === undefined || stream.writeBufferLength > 0 || stream.writableNeedsDrain) return
    if (this.#release !== undefined) {
      this.#release()
      return
    }
    settle(lent)
    this.#lent = undefined
    while (this.#queue.length > 0) {
      const next = this.#queue.shift() as Pending
      // in place before the attempt, so that an error finds and rejects it
      this.#lent = next
      if (!this.#handOver(next.frame, next.length)) return
      this.#lent = undefined
      settle(next)
    }
    this.#notifyIdle()
  }

  /** @returns whether the memory is free again; an error has been reported as a failure */
  #handOver(frame: Frame, length: number): boolean {
    const scratch = this.#scratch
    const list = new Uint8ArrayList()
    writeFrameHeader(scratch, length)
    let used = FRAME_HEADER_LENGTH
    if (frame instanceof Uint8Array) {
      if (length <= COALESCE_BELOW) {
        scratch.set(frame, used)
        list.append(scratch.subarray(0, used + length))
      } else {
        list.append(scratch.subarray(0, used), frame)
      }
    } else {
      let first = 0
      for (; first < frame.length; first++) {
        const part = frame[first] as Uint8Array
        if (used + part.byteLength > scratch.byteLength) break
        scratch.set(part, used)
        used += part.byteLength
      }
      list.append(scratch.subarray(0, used))
      for (; first < frame.length; first++) {
        const part = frame[first] as Uint8Array
        if (part.byteLength > 0) list.append(part)
      }
    }
    try {
      return this.#stream.send(list) && this.#stream.writeBufferLength === 0
    } catch (cause) {
      this.#init.onError(cause)
      return false
    }
  }

  #giveUp(pending: Pending, reason: unknown): void {
    if (pending === this.#lent) {
      this.#init.onGivenUp(reason)
      return
    }
    this.#queue.splice(this.#queue.indexOf(pending), 1)
    settle(pending, reason)
  }

  #notifyIdle(): void {
    const idle = this.#idle
    this.#idle = []
    for (const resolve of idle) resolve()
  }
}

function settle(pending: Pending, ...failure: [reason?: unknown]): void {
  if (pending.onAbort !== undefined) {
    pending.signal?.removeEventListener('abort', pending.onAbort)
  }
  if (failure.length === 0) pending.resolve()
  else pending.reject(failure[0])
}
