import type { Clock, PeerId } from '@daa-compute/interface'
import type { Connection, Stream } from '@libp2p/interface'
import { UNREAD_CHECK_BYTES } from '../constants.ts'
import { RefusalError } from './errors.ts'
import type { TransportLimits } from './limits.ts'
import { unreadOf } from './unread.ts'

/** Options of a {@link StreamWatch}. */
export interface StreamWatchInit {
  readonly connection: Connection
  readonly peer: PeerId
  readonly limits: TransportLimits
  readonly clock: Clock
  /** Unread bytes of all connections of the peer. */
  unread(): number
  /** A stream was refused. */
  onRefused(error: RefusalError): void
  /** The connection has to go. */
  onTooMuch(error: RefusalError): void
}

/**
 * The streams of one connection: how many the remote has opened, how many of
 * these wait for a protocol, and what nobody has read.
 *
 * libp2p limits the first without telling, and the rest not at all: a stream
 * without a protocol has a buffer of 4 MiB, and any other one of two windows.
 */
export class StreamWatch {
  readonly #init: StreamWatchInit
  #count = 0
  #checkedAt = 0
  #cancel: (() => void) | undefined

  constructor(init: StreamWatchInit) {
    this.#init = init
  }

  /** Bytes that have come for streams whose readers do not read. */
  get unread(): number {
    let unread = 0
    for (const stream of this.#init.connection.streams) unread += unreadOf(stream)
    return unread
  }

  /** To be called after bytes were read, with how many have come so far. */
  check(received: number): void {
    const { connection, limits, peer } = this.#init
    if (connection.streams.length !== this.#count) {
      this.#checkStreams()
      this.#count = connection.streams.length
    }
    if (received - this.#checkedAt < UNREAD_CHECK_BYTES) return
    this.#checkedAt = received
    const limit = limits.maxUnreadBytesPerPeer
    const unread = this.#init.unread()
    if (unread <= limit) return
    this.#init.onTooMuch(
      new RefusalError(
        'TOO_MUCH_UNREAD',
        `${peer} has ${unread} bytes under way that nobody reads, more than ${limit}; read its channels, or raise maxUnreadBytesPerPeer`,
        { peer, unread, limit }
      )
    )
  }

  stop(): void {
    this.#cancel?.()
    this.#cancel = undefined
  }

  #checkStreams(): void {
    const { limits, peer } = this.#init
    const inbound = this.#init.connection.streams.filter(({ direction }) => direction === 'inbound')
    const excess = new Set(inbound.slice(limits.maxStreams))
    const unnamed = inbound.filter(({ protocol }) => protocol === '')
    for (const stream of unnamed.slice(limits.maxUnnamedStreams)) excess.add(stream)
    for (const stream of excess) {
      const limit =
        inbound.length > limits.maxStreams ? limits.maxStreams : limits.maxUnnamedStreams
      const error = new RefusalError(
        'TOO_MANY_STREAMS',
        `${peer} opened more than ${limit} streams; it should close some, or maxStreams or maxUnnamedStreams be raised`,
        { peer, limit }
      )
      this.#init.onRefused(error)
      stream.abort(error)
    }
    if (unnamed.length > 0) this.#awaitNames(unnamed.slice(0, limits.maxUnnamedStreams))
  }

  /** One timer for all that wait: those that come later wait for the next, twice as long at most. */
  #awaitNames(waiting: readonly Stream[]): void {
    const { clock, limits, peer } = this.#init
    const limitMs = limits.streamTimeoutMs
    if (this.#cancel !== undefined || limitMs === Infinity) return
    this.#cancel = clock.schedule(limitMs, () => {
      this.#cancel = undefined
      for (const stream of waiting) {
        if (stream.protocol !== '' || stream.status !== 'open') continue
        const error = new RefusalError(
          'STREAM_TIMEOUT',
          `${peer} opened a stream and did not say within ${limitMs} ms for what; it is stuck, or holds streams open on purpose`,
          { peer, limitMs }
        )
        this.#init.onRefused(error)
        stream.abort(error)
      }
      this.#checkStreams()
    })
  }
}
