import { peerId } from '@daa-compute/interface'
import type {
  AbortOptions,
  AcceptHandler,
  Channel,
  Connector,
  PeerId
} from '@daa-compute/interface'
import type { Connection, Libp2p, Stream } from '@libp2p/interface'
import { createChannel } from './channel.ts'
import { alreadyAccepted, connectorStopped, explainOpenError } from './connector-errors.ts'
import { openStream } from './open-stream.ts'
import { OPEN_TIMEOUT_MS } from '../constants.ts'
import { withFlowControl } from '../flow/flow-stream.ts'
import { ChannelCounts } from '../limits/channel-counts.ts'
import { checkAmount } from '../limits/check-amount.ts'
import { RefusalError } from '../limits/errors.ts'
import type { ConnectionGuard } from '../limits/guard.ts'
import { DEFAULT_LIMITS } from '../limits/limits.ts'

/** Multiplexer of WebRTC's connections: streams are data channels. */
const WEBRTC = '/webrtc'

/** Options of {@link createConnector}. */
export interface ConnectorInit {
  /** A started node; it stays the caller's to stop. */
  readonly libp2p: Pick<Libp2p, 'peerId' | 'dial' | 'handle' | 'unhandle'>
  /**
   * Longest frame of its channels, in bytes; the same at both ends.
   *
   * @default that of the guard's limits, or else 1 MiB and 1 KiB
   */
  readonly maxFrameLength?: number
  /**
   * The node's guard: its limits on channels and frames hold, and channels that
   * are refused are told of there. Default: none, and the default limits
   */
  readonly guard?: Pick<ConnectionGuard, 'limits' | 'report'> | undefined
}

/** A connector that can be taken down. */
export interface StoppableConnector extends Connector {
  /**
   * Accepts and opens no more, and aborts the channels that are still open:
   * close first what has to end politely. The node runs on. Idempotent.
   */
  stop(): Promise<void>
}

/**
 * Makes a connector that opens channels over the streams of a libp2p node.
 *
 * @throws {LimitsError} `BAD_LIMIT` for a length of frames that is no number above 0
 */
export function createConnector(init: ConnectorInit): StoppableConnector {
  return new Libp2pConnector(init)
}

class Libp2pConnector implements StoppableConnector {
  readonly self: PeerId
  readonly #libp2p: ConnectorInit['libp2p']
  readonly #maxFrameLength: number
  readonly #maxChannels: number
  readonly #guard: ConnectorInit['guard']
  readonly #accepted: ChannelCounts
  readonly #protocols = new Set<string>()
  readonly #channels = new Set<Channel>()
  readonly #shutdown = new AbortController()
  #stopping: Promise<void> | undefined

  constructor(init: ConnectorInit) {
    this.#libp2p = init.libp2p
    const { maxChannelsPerPeer, maxFrameLength } = init.guard?.limits ?? DEFAULT_LIMITS
    this.#guard = init.guard
    this.#maxChannels = maxChannelsPerPeer
    this.#accepted = new ChannelCounts(maxChannelsPerPeer)
    this.#maxFrameLength = checkAmount('maxFrameLength', init.maxFrameLength ?? maxFrameLength)
    this.self = peerId(init.libp2p.peerId.toString())
  }

  async open(peer: PeerId, protocol: string, options?: AbortOptions): Promise<Channel> {
    this.#checkRunning()
    options?.signal?.throwIfAborted()
    const attempt = new AbortController()
    const giveUp = (): void => attempt.abort()
    const timer = setTimeout(giveUp, OPEN_TIMEOUT_MS)
    options?.signal?.addEventListener('abort', giveUp)
    this.#shutdown.signal.addEventListener('abort', giveUp)
    try {
      const { stream, connection } = await openStream(this.#libp2p, peer, protocol, {
        signal: attempt.signal,
        maxOutboundStreams: this.#maxChannels
      })
      if (attempt.signal.aborted) {
        stream.abort(connectorStopped())
        attempt.signal.throwIfAborted()
      }
      return this.#track(stream, connection)
    } catch (cause) {
      this.#checkRunning()
      options?.signal?.throwIfAborted()
      throw explainOpenError(peer, protocol, cause)
    } finally {
      clearTimeout(timer)
      options?.signal?.removeEventListener('abort', giveUp)
      this.#shutdown.signal.removeEventListener('abort', giveUp)
    }
  }

  async accept(protocol: string, handler: AcceptHandler): Promise<() => Promise<void>> {
    this.#checkRunning()
    if (this.#protocols.has(protocol)) throw alreadyAccepted(protocol)
    this.#protocols.add(protocol)
    try {
      await this.#libp2p.handle(
        protocol,
        (stream, connection) => {
          this.#onStream(stream, connection, handler)
        },
        // libp2p counts per connection and protocol, and does not tell whom it refuses
        { maxInboundStreams: Infinity, maxOutboundStreams: this.#maxChannels }
      )
    } catch (cause) {
      this.#protocols.delete(protocol)
      if (cause instanceof Error && cause.name === 'DuplicateProtocolHandlerError') {
        throw alreadyAccepted(protocol, cause)
      }
      throw cause
    }
    if (this.#stopping !== undefined) {
      await this.#libp2p.unhandle(protocol)
      throw connectorStopped()
    }
    return async () => {
      if (!this.#protocols.delete(protocol)) return
      await this.#libp2p.unhandle(protocol)
    }
  }

  stop(): Promise<void> {
    this.#stopping ??= this.#stop()
    return this.#stopping
  }

  async #stop(): Promise<void> {
    this.#shutdown.abort()
    const protocols = [...this.#protocols]
    this.#protocols.clear()
    for (const channel of this.#channels) channel.abort(connectorStopped())
    if (protocols.length > 0) await this.#libp2p.unhandle(protocols)
  }

  #onStream(stream: Stream, connection: Connection, handler: AcceptHandler): void {
    if (this.#stopping !== undefined) {
      stream.abort(connectorStopped())
      return
    }
    const peer = peerId(connection.remotePeer.toString())
    const refusal = this.#accepted.add(peer, stream.protocol)
    if (refusal !== undefined) {
      this.#guard?.report(refusal)
      stream.abort(refusal)
      return
    }
    const channel = this.#track(stream, connection, () => this.#accepted.delete(peer))
    try {
      handler(channel)
    } catch (error) {
      channel.abort(error instanceof Error ? error : new TypeError(String(error)))
    }
  }

  #track(stream: Stream, connection: Connection, onOver?: () => void): Channel {
    const channel = createChannel({
      stream: connection.multiplexer === WEBRTC ? withFlowControl(stream) : stream,
      connection,
      maxFrameLength: this.#maxFrameLength,
      onTooLarge: (length) => this.#reportFrame(connection, stream.protocol, length),
      onOver: (over) => {
        this.#channels.delete(over)
        onOver?.()
      }
    })
    this.#channels.add(channel)
    return channel
  }

  #reportFrame({ remotePeer }: Connection, protocol: string, length: number): void {
    const peer = peerId(remotePeer.toString())
    const limit = this.#maxFrameLength
    this.#guard?.report(
      new RefusalError(
        'FRAME_TOO_LARGE',
        `${peer} announced a frame of ${length} bytes, more than ${limit}; it is faulty, or has another maxFrameLength`,
        { peer, protocol, length, limit }
      )
    )
  }

  #checkRunning(): void {
    if (this.#stopping !== undefined) throw connectorStopped()
  }
}
