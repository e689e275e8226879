import { serviceCapabilities } from '@libp2p/interface'
import type { MessageStream, StreamMuxer, StreamMuxerFactory } from '@libp2p/interface'
import { KEEP_ALIVE_MS, MAX_READ_BUFFER, STREAM_WINDOW } from '../constants.ts'
import { INITIAL_WINDOW, YAMUX_PROTOCOL } from './constants.ts'
import { YamuxMuxer } from './yamux-muxer.ts'

/** Options of {@link leanYamux}. */
export interface LeanYamuxInit {
  /** Largest receive window of a stream, in bytes. Default: 4 MiB */
  readonly maxWindow?: number
  /** Unread bytes at which a stream is reset. Default: 8 MiB, which two windows cannot exceed */
  readonly maxReadBufferLength?: number
  /** Interval of pings, in ms. Default: 30,000 */
  readonly keepAliveIntervalMs?: number
  /** Streams the remote may have open; more are reset. Default: 1,000 */
  readonly maxInboundStreams?: number
  /** Streams this end may have open. Default: 1,000 */
  readonly maxOutboundStreams?: number
}

/** yamux of ours, for libp2p: https://github.com/hashicorp/yamux/blob/master/spec.md */
export function leanYamux(init: LeanYamuxInit = {}): () => StreamMuxerFactory {
  return () => new LeanYamux(init)
}

/**
 * yamux without the garbage of libp2p's: the same bytes on the wire, but data is
 * handed on where it was decrypted and as it comes, not by whole frames, and the
 * remote hears of its window when half of it is used up, not with every frame.
 */
class LeanYamux implements StreamMuxerFactory {
  readonly protocol = YAMUX_PROTOCOL
  readonly [Symbol.toStringTag] = '@daa-compute/yamux'
  readonly [serviceCapabilities]: string[] = ['@libp2p/stream-multiplexing']
  readonly #init: { -readonly [Name in keyof LeanYamuxInit]-?: LeanYamuxInit[Name] }

  constructor(init: LeanYamuxInit) {
    this.#init = {
      maxWindow: STREAM_WINDOW,
      maxReadBufferLength: MAX_READ_BUFFER,
      keepAliveIntervalMs: KEEP_ALIVE_MS,
      maxInboundStreams: 1000,
      maxOutboundStreams: 1000,
      ...init
    }
    // no stream begins with less
    this.#init.maxWindow = Math.max(this.#init.maxWindow, INITIAL_WINDOW)
  }

  createStreamMuxer(connection: MessageStream): StreamMuxer {
    return new YamuxMuxer(connection, this.#init)
  }
}
