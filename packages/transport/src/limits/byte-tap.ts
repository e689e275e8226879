import type { Connection, CreateStreamOptions, MessageStream, Stream } from '@libp2p/interface'

/** What is told of the bytes of a connection. */
export interface ByteTap {
  /** Bytes have come. Whether they are passed on. */
  received(bytes: number): boolean
  /** They were read: decrypted, taken apart, handed to streams. */
  read(): void
  /** Bytes have left. */
  sent(bytes: number): void
}

interface Sized {
  readonly byteLength: number
}

/** Where the bytes of libp2p's own connections and streams come and go. */
interface BytePipe {
  onData?(data: Sized): void
  sendData?(data: Sized): { readonly sentBytes: number }
}

/**
 * Counts what comes and goes over a connection, once per read and write of its
 * socket and not per frame.
 *
 * Not by a listener for its messages: between the steps of a handshake nobody
 * listens, which is what makes libp2p keep early bytes for the next step, and a
 * listener that only counts would let them be lost. So the two methods
 * that every connection of libp2p shares are overlaid, for this one connection.
 */
export function tapBytes(connection: MessageStream, tap: ByteTap): void {
  const pipe: BytePipe = connection as MessageStream & BytePipe
  const { onData, sendData } = pipe
  if (onData !== undefined) {
    pipe.onData = (data): void => {
      if (!tap.received(data.byteLength)) return
      try {
        onData.call(connection, data)
      } finally {
        tap.read()
      }
    }
  }
  if (sendData !== undefined) {
    pipe.sendData = (data): { readonly sentBytes: number } => {
      const result = sendData.call(connection, data)
      tap.sent(result.sentBytes)
      return result
    }
  }
}

interface Pipes {
  readonly streams: readonly Stream[]
  createStream?(options?: CreateStreamOptions): Promise<Stream>
  onRemoteStream?(stream: Stream): void
}

/**
 * Counts what comes and goes over the streams of a connection whose transport
 * encrypts and multiplexes by itself, as WebRTC and WebTransport do: there all
 * bytes are those of streams, and what encryption adds to them is not to be seen.
 */
export function tapStreams(connection: Connection, tap: ByteTap): void {
  const { muxer } = connection as Connection & { readonly muxer?: Pipes }
  if (muxer === undefined) return
  const { createStream, onRemoteStream } = muxer
  const tapStream = (stream: Stream): void => tapBytes(stream, tap)
  muxer.streams.forEach(tapStream)
  muxer.createStream = async (options): Promise<Stream> => {
    const stream = await createStream!.call(muxer, options)
    tapStream(stream)
    return stream
  }
  muxer.onRemoteStream = (stream): void => {
    tapStream(stream)
    onRemoteStream!.call(muxer, stream)
  }
}
