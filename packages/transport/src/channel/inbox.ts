import { createFrameAssembler, FRAME_HEADER_LENGTH } from '@daa-compute/wire'
import type { FrameAssembler, PartialFrame } from '@daa-compute/wire'
import type { Stream, StreamMessageEvent } from '@libp2p/interface'
import { PAUSE_ABOVE } from '../constants.ts'
import { borrowFrom } from '../lending.ts'
import { holdUnread } from '../limits/unread.ts'
import type { InFlight } from './in-flight.ts'

/** The call of `receive` that waits. */
interface Waiter {
  readonly resolve: (frame: Uint8Array | undefined) => void
  readonly reject: (reason: unknown) => void
  signal: AbortSignal | undefined
  onAbort: (() => void) | undefined
}

/** Options of an {@link Inbox}. */
export interface InboxInit {
  readonly stream: Stream
  readonly maxFrameLength: number
  /** The remote broke the framing. */
  onError(cause: unknown): void
  /** The remote has closed and everything was received; `partial` if it stopped inside a frame. */
  onEnd(partial: PartialFrame | undefined): void
}

/**
 * The receiving half of a channel.
 *
 * yamux lets the remote send more as soon as data was dispatched, read or not,
 * so the stream is paused while more than {@link PAUSE_ABOVE} bytes wait here:
 * then no window updates go out. What still comes, at most one window, waits in
 * the stream.
 */
export class Inbox {
  readonly #stream: Stream
  readonly #init: InboxInit
  readonly #assembler: FrameAssembler
  #waiter: Waiter | undefined
  #stopped = false
  #stopError: unknown
  #ended = false
  #paused = false
  #resuming = false

  constructor(init: InboxInit) {
    this.#init = init
    this.#stream = init.stream
    this.#assembler = createFrameAssembler(init)
    borrowFrom(init.stream, this.#onBorrowed)
    holdUnread(init.stream, () => this.#held)
  }

  /** Bytes of frames that wait, and of the one that is on its way. */
  get #held(): number {
    return this.#assembler.pending + (this.#assembler.partial?.received ?? 0)
  }

  /** The frames that wait, the one that is on its way, and what the paused stream holds. */
  get inFlight(): InFlight {
    const { frames, partial } = this.#assembler
    const begun = partial === undefined ? 0 : 1
    const bytes = this.#held - frames * FRAME_HEADER_LENGTH + this.#stream.readBufferLength
    return { frames: frames + begun, bytes }
  }

  get waiting(): boolean {
    return this.#waiter !== undefined
  }

  /** Whether everything the remote has sent has arrived here or was received. */
  get complete(): boolean {
    return this.#ended && !this.#paused
  }

  /** The next frame, or `undefined` at the end. Only one call may wait. */
  receive(signal: AbortSignal | undefined): Promise<Uint8Array | undefined> {
    if (this.#stopped) return this.#afterwards()
    const frame = this.#take()
    if (frame !== undefined) {
      this.checkEnd()
      return Promise.resolve(frame)
    }
    if (this.#stopped) return this.#afterwards()
    return new Promise((resolve, reject) => {
      const waiter: Waiter = { resolve, reject, signal, onAbort: undefined }
      this.#waiter = waiter
      if (signal !== undefined) {
        waiter.onAbort = (): void => {
          this.#release()?.reject(signal.reason)
        }
        signal.addEventListener('abort', waiter.onAbort)
      }
      // settles the waiter if there is nothing to wait for
      this.checkEnd()
    })
  }

  /** To be called for every `message` of the stream. */
  readonly onMessage = (event: StreamMessageEvent): void => {
    if (this.#stopped) return
    const data = event.data
    if (data instanceof Uint8Array) this.#assembler.push(data)
    else for (const chunk of data) this.#assembler.push(chunk)
    this.#afterPush()
  }

  /** What the stream lends: the assembler copies it, so nothing is kept. */
  readonly #onBorrowed = (bytes: Uint8Array): void => {
    if (this.#stopped) return
    this.#assembler.push(bytes)
    this.#afterPush()
  }

  #afterPush(): void {
    if (this.#waiter !== undefined) {
      const frame = this.#next()
      if (frame !== undefined) this.#release()?.resolve(frame)
    }
    this.#pauseIfFull()
  }

  /** To be called when the remote has closed: nothing follows what the stream holds now. */
  onRemoteEnd(): void {
    this.#ended = true
    this.checkEnd()
  }

  /** Reports the end when there is nothing left to receive. */
  checkEnd(): void {
    if (this.#stopped || !this.#ended || this.#paused || this.#stream.readBufferLength > 0) return
    if (this.#assembler.pending > 0) return
    this.#init.onEnd(this.#assembler.partial)
  }

  /** Settles the call that waits and all that follow: with the end if no error is given. */
  stop(error?: unknown): void {
    if (this.#stopped) return
    this.#stopped = true
    this.#stopError = error
    const waiter = this.#release()
    if (error === undefined) waiter?.resolve(undefined)
    else waiter?.reject(error)
    this.#assembler.clear()
  }

  /** Lets data flow again; to be called before the rest of it is thrown away. */
  resume(): void {
    if (!this.#paused) return
    this.#paused = false
    this.#resuming = true
    try {
      this.#stream.resume()
    } catch {
      // the stream has closed meanwhile: what it held was dispatched before that showed
    } finally {
      this.#resuming = false
    }
  }

  #afterwards(): Promise<undefined> {
    return this.#stopError === undefined
      ? Promise.resolve(undefined)
      : Promise.reject(this.#stopError)
  }

  #take(): Uint8Array | undefined {
    let frame = this.#next()
    while (this.#paused && this.#assembler.pending <= PAUSE_ABOVE) {
      this.resume()
      frame ??= this.#next()
      this.#pauseIfFull()
    }
    return frame
  }

  #next(): Uint8Array | undefined {
    try {
      return this.#assembler.next()
    } catch (cause) {
      this.#init.onError(cause)
      return undefined
    }
  }

  #pauseIfFull(): void {
    // libp2p ends a resume with a window update even if it was paused within
    if (this.#paused || this.#resuming || this.#assembler.pending <= PAUSE_ABOVE) return
    try {
      this.#stream.pause()
      this.#paused = true
    } catch {
      // a stream that is closing has nothing more to come
    }
  }

  #release(): Waiter | undefined {
    const waiter = this.#waiter
    this.#waiter = undefined
    if (waiter?.onAbort !== undefined) {
      waiter.signal?.removeEventListener('abort', waiter.onAbort)
    }
    return waiter
  }
}
