import { MuxerClosedError, TooManyOutboundProtocolStreamsError } from '@libp2p/interface'
import type { AbortOptions, MessageStream } from '@libp2p/interface'
import { AbstractStreamMuxer } from '@libp2p/utils'
import { Uint8ArrayList } from 'uint8arraylist'
import { borrowFrom } from '../lending.ts'
import { Answers } from './answers.ts'
import { MAX_STREAM_NUMBER, YAMUX_PROTOCOL } from './constants.ts'
import { badStream, goAway, MuxerError, noWindow } from './errors.ts'
import { encodeHeader, Flag, type FrameHeader, FrameType, GoAwayReason } from './frame.ts'
import { badFrame, FrameReader } from './frame-reader.ts'
import { KeepAlive } from './keep-alive.ts'
import type { LeanYamuxInit } from './yamux.ts'
import { type StreamSession, YamuxStream } from './yamux-stream.ts'

/** The streams of one connection. */
export class YamuxMuxer extends AbstractStreamMuxer<YamuxStream> implements StreamSession {
  readonly #init: Required<LeanYamuxInit>
  readonly #reader: FrameReader
  readonly #byNumber = new Map<number, YamuxStream>()
  readonly #keepAlive: KeepAlive
  readonly #answers: Answers
  /** 1 if this end's streams have odd numbers, as those of who has dialled. */
  readonly #parity: 0 | 1
  #nextNumber: number
  #inbound = 0
  #outbound = 0
  /** Stream that the current frame is for. */
  #current: YamuxStream | undefined

  constructor(connection: MessageStream, init: Required<LeanYamuxInit>) {
    super(connection, { protocol: YAMUX_PROTOCOL, name: 'yamux' })
    this.#init = init
    this.#parity = connection.direction === 'outbound' ? 1 : 0
    this.#nextNumber = 2 - this.#parity
    this.#keepAlive = new KeepAlive({
      intervalMs: init.keepAliveIntervalMs,
      ping: (number) => void this.sendFrame(FrameType.PING, Flag.SYN, 0, number)
    })
    this.#reader = new FrameReader({
      onHeader: (header) => this.#onHeader(header),
      onData: (bytes) => this.#current?.onBorrowed(bytes),
      onFrameEnd: (header) => this.#onFrameEnd(header)
    })
    this.#answers = new Answers(connection)
    borrowFrom(connection, (bytes) => {
      try {
        this.#read(bytes)
      } catch (error) {
        this.#fail(error as Error)
      }
    })
  }

  get roundTripTime(): number | undefined {
    return this.#keepAlive.roundTripTime
  }

  now(): number {
    return performance.now()
  }

  /** What the connection does not lend. */
  onData(data: Uint8Array | Uint8ArrayList): void {
    if (data instanceof Uint8Array) this.#read(data)
    else for (const piece of data) this.#read(piece)
  }

  sendFrame(
    type: number,
    flags: number,
    stream: number,
    length: number,
    data?: Uint8Array | Uint8ArrayList
  ): boolean {
    const header = encodeHeader(type, flags, stream, length)
    if (data !== undefined) return this.send(new Uint8ArrayList(header, data))
    // what has no data is for a connection that goes on
    return this.maConn.status === 'open' && this.send(header)
  }

  /** The protocol in libp2p's options is for muxers that tell the remote of it: yamux does not. */
  onCreateStream(): YamuxStream {
    if (this.#nextNumber > MAX_STREAM_NUMBER) throw new MuxerClosedError('Out of stream numbers')
    if (this.#outbound >= this.#init.maxOutboundStreams) {
      throw new TooManyOutboundProtocolStreamsError(
        `${this.#outbound} streams are open to this peer; close some first`
      )
    }
    const stream = this.#createStream(this.#nextNumber, 'outbound')
    this.#nextNumber += 2
    this.#outbound++
    return stream
  }

  override async close(options?: AbortOptions): Promise<void> {
    if (this.status !== 'open') return
    try {
      await super.close(options)
      this.sendFrame(FrameType.GO_AWAY, 0, 0, GoAwayReason.NORMAL)
    } finally {
      this.#keepAlive.stop()
    }
  }

  override abort(error: Error): void {
    if (this.status !== 'open') return
    super.abort(error)
    this.#keepAlive.stop()
    const { PROTOCOL_ERROR, INTERNAL_ERROR } = GoAwayReason
    const reason = error instanceof MuxerError ? PROTOCOL_ERROR : INTERNAL_ERROR
    this.sendFrame(FrameType.GO_AWAY, 0, 0, reason)
  }

  override onTransportClosed(error?: Error): void {
    super.onTransportClosed(error)
    this.#keepAlive.stop()
  }

  #read(bytes: Uint8Array): void {
    // once it is over, nothing that comes has a meaning
    if (this.status !== 'closed') this.#reader.push(bytes)
  }

  #fail(error: Error): void {
    this.abort(error)
    this.maConn.abort(error)
  }

  #onHeader(header: FrameHeader): void {
    const { type, flags, stream, length } = header
    this.#current = undefined
    if (stream === 0) {
      if (type === FrameType.PING && flags === Flag.SYN) this.#answer(type, Flag.ACK, 0, length)
      else if (type === FrameType.PING && flags === Flag.ACK) this.#keepAlive.onAnswer(length)
      else if (type === FrameType.GO_AWAY) this.#onGoAway(length)
      else throw badFrame(header)
      return
    }
    if (type !== FrameType.DATA && type !== FrameType.WINDOW_UPDATE) throw badFrame(header)
    if ((flags & Flag.SYN) !== 0) this.#onOpened(stream)
    // one that was reset, or is over, is still on its way
    const current = this.#byNumber.get(stream)
    this.#current = current
    if (type === FrameType.DATA) {
      const { maxWindow } = this.#init
      if (current === undefined && length > maxWindow) throw noWindow(header, maxWindow)
      current?.onDataHeader(length)
    } else current?.onWindowUpdate(length)
  }

  #onFrameEnd({ flags }: FrameHeader): void {
    const stream = this.#current
    this.#current = undefined
    if (stream === undefined) return
    if ((flags & Flag.RST) !== 0) stream.onRemoteReset()
    else if ((flags & Flag.FIN) !== 0) stream.onRemoteCloseWrite()
  }

  #onOpened(number: number): void {
    if (number % 2 === this.#parity || this.#byNumber.has(number)) {
      throw badStream(number)
    }
    if (this.status !== 'open' || this.#inbound >= this.#init.maxInboundStreams) {
      this.#answer(FrameType.WINDOW_UPDATE, Flag.RST, number, 0)
      return
    }
    this.#inbound++
    // what is said of its beginning, and of its end, waits as answers do
    this.#answers.count(!this.maConn.writableNeedsDrain)
    this.onRemoteStream(this.#createStream(number, 'inbound'))
  }

  #createStream(number: number, direction: 'inbound' | 'outbound'): YamuxStream {
    const { maxWindow, maxReadBufferLength } = this.#init
    const stream = new YamuxStream({
      maxReadBufferLength,
      ...{ id: String(number), number, direction, maxWindow, session: this },
      log: this.log.newScope(`${direction}:${number}`)
    })
    this.#byNumber.set(number, stream)
    // as the others were told when the connection became full
    if (this.maConn.writableNeedsDrain) stream.onMuxerNeedsDrain()
    stream.addEventListener('close', () => {
      this.#byNumber.delete(number)
      if (direction === 'inbound') this.#inbound--
      else this.#outbound--
    })
    // once it is in its list, and after what is sent on it right now
    queueMicrotask(() => stream.begin())
    return stream
  }

  #onGoAway(reason: number): void {
    if (reason === GoAwayReason.NORMAL) this.onTransportClosed()
    else this.abort(goAway(reason))
  }

  /** Sends what the remote makes this end send. */
  #answer(type: number, flags: number, stream: number, length: number): void {
    this.#answers.count(this.sendFrame(type, flags, stream, length))
  }
}
