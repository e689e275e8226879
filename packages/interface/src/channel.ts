import type { AbortOptions } from './abort.ts'
import type { DaaError } from './errors.ts'
import type { PeerId } from './peer-id.ts'

/**
 * The bytes of one frame: one array, or several that are sent one behind the
 * other as a single frame, so that a header and a payload that lives elsewhere
 * need not be copied together first.
 */
export type Frame = Uint8Array | readonly Uint8Array[]

/** Codes of a {@link ChannelError} and what each carries. */
export interface ChannelErrorDetails {
  /** The channel is closed or closing at this end; open another one. */
  CLOSED: { readonly peer: PeerId }
  /** The remote end, or the connection under it, went away before the channel was closed. */
  RESET: { readonly peer: PeerId }
  /** A frame longer than `limit` was sent or announced; both in bytes. */
  FRAME_TOO_LARGE: { readonly peer: PeerId; readonly length: number; readonly limit: number }
  /** The stream ended inside a frame; `received` of `expected` bytes had come. */
  TRUNCATED: { readonly peer: PeerId; readonly received: number; readonly expected: number }
  /** `receive` was called while an earlier call was still waiting. */
  CONCURRENT_RECEIVE: { readonly peer: PeerId }
}

/** What a {@link Channel} rejects with, unless it was aborted with an error of the caller's. */
export type ChannelError = {
  [Code in keyof ChannelErrorDetails]: DaaError<ChannelErrorDetails, Code>
}[keyof ChannelErrorDetails]

/**
 * One authenticated peer, ordered and reliable frames, both ways.
 *
 * **Order.** Frames arrive in the order of the calls to `send`, whole and
 * unchanged, or the channel fails. Frames of zero bytes are legal.
 *
 * **Memory.** `send` borrows the frame until its promise settles; the array a
 * `receive` resolves with is a view that is valid until the next call of
 * `receive`, `close` or `abort` and starts at a multiple of eight bytes of its
 * buffer, so that a typed-array view can be laid over it. Who needs it longer
 * copies it.
 *
 * **Backpressure.** `send` resolves only when there is room for more, and a
 * receiver that does not call `receive` makes the remote sender wait. So a
 * channel buffers a bounded number of bytes, whatever either end does.
 *
 * **Ends.** `close` is polite: what was sent is delivered, then the remote's
 * `receive` resolves with `undefined`. `abort` is not: both ends fail. After
 * either, every pending call settles.
 */
export interface Channel {
  /** Who is at the other end, as authenticated by the transport. */
  readonly peer: PeerId

  /** Longest frame either end may send, in bytes. */
  readonly maxFrameLength: number

  /**
   * Sends one frame.
   *
   * @returns a promise that resolves when the memory of `frame` is the caller's
   * again (encrypted or copied) and there is room for more. It does not say
   * that the remote has it.
   * @throws {ChannelError} `FRAME_TOO_LARGE` (the channel stays usable),
   * `CLOSED` or `RESET`; or the error given to `abort`
   */
  send(frame: Frame, options?: AbortOptions): Promise<void>

  /**
   * The next frame, or `undefined` once the remote has closed politely and
   * everything it sent was received.
   *
   * An aborted wait loses no frame: the next call gets it.
   *
   * @throws {ChannelError} `TRUNCATED`, `FRAME_TOO_LARGE` (the remote broke the
   * limit; the channel is aborted), `RESET`, `CLOSED`, `CONCURRENT_RECEIVE`
   */
  receive(options?: AbortOptions): Promise<Uint8Array | undefined>

  /**
   * Says that this end will send no more, waits until what was sent is handed
   * over, and releases the channel. Idempotent. Frames that the remote sends
   * afterwards are discarded.
   */
  close(options?: AbortOptions): Promise<void>

  /** Fails both ends at once and releases the channel. Idempotent; the first error counts. */
  abort(error: Error): void

  /**
   * Resolves when the channel is over, however it came about: with `undefined`
   * after a polite close from either side, with the error otherwise. It never
   * rejects.
   */
  readonly closed: Promise<Error | undefined>
}
