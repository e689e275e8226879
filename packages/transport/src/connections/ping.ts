import type { Clock } from '@daa-compute/interface'
import type { Connection, Libp2p, Stream, StreamMessageEvent } from '@libp2p/interface'
import { PING_LENGTH, PING_PROTOCOL, PING_STREAM_IDLE_MS, PING_STREAMS } from '../constants.ts'

/** What answering pings needs of a node. */
export type PingNode = Pick<Libp2p, 'handle' | 'unhandle'>

/**
 * Sends a ping over a stream of its own and measures the time to its echo, in ms
 * (libp2p's specification `ping`). A remote that does not speak the protocol says
 * so within one round trip as well.
 *
 * @throws what a stream of libp2p throws, or the signal's reason
 */
export async function measureRoundTrip(
  connection: Connection,
  clock: Clock,
  signal: AbortSignal
): Promise<number> {
  const begun = clock.now()
  let stream: Stream
  try {
    stream = await connection.newStream(PING_PROTOCOL, { signal, runOnLimitedConnection: true })
  } catch (error) {
    if (error instanceof Error && error.name === 'UnsupportedProtocolError') {
      return clock.now() - begun
    }
    throw error
  }
  try {
    const ms = await echoTime(stream, clock, signal)
    stream.close({ signal }).catch((error: unknown) => stream.abort(error as Error))
    return ms
  } catch (error) {
    stream.abort(error as Error)
    throw error
  }
}

async function echoTime(stream: Stream, clock: Clock, signal: AbortSignal): Promise<number> {
  const bytes = crypto.getRandomValues(new Uint8Array(PING_LENGTH))
  const { promise, resolve, reject } = Promise.withResolvers<number>()
  let echoed = 0
  const onMessage = ({ data }: StreamMessageEvent): void => {
    const same = data.subarray().every((byte) => byte === bytes[echoed++])
    if (!same) reject(new RangeError('the echo of a ping is not that ping'))
    else if (echoed === PING_LENGTH) resolve(clock.now() - sentAt)
  }
  const onClose = ({ error }: { readonly error?: Error }): void =>
    reject(error ?? new RangeError('the stream of a ping ended before its echo'))
  const onAbort = (): void => reject(signal.reason)
  stream.addEventListener('message', onMessage)
  stream.addEventListener('close', onClose)
  signal.addEventListener('abort', onAbort)
  const sentAt = clock.now()
  try {
    stream.send(bytes)
    return await promise
  } finally {
    stream.removeEventListener('message', onMessage)
    stream.removeEventListener('close', onClose)
    signal.removeEventListener('abort', onAbort)
  }
}

/**
 * Answers pings, whoever sends them, unless the node has somebody who does.
 *
 * @returns a function that ends it
 */
export async function answerPings(node: PingNode, clock: Clock): Promise<() => Promise<void>> {
  try {
    await node.handle(PING_PROTOCOL, (stream) => echo(stream, clock), {
      maxInboundStreams: PING_STREAMS,
      maxOutboundStreams: PING_STREAMS,
      runOnLimitedConnection: true
    })
  } catch (error) {
    if (error instanceof Error && error.name === 'DuplicateProtocolHandlerError') {
      return () => Promise.resolve()
    }
    throw error
  }
  return () => node.unhandle(PING_PROTOCOL)
}

/** Sends back what comes, as fast as it is taken, and gives up who is silent. */
function echo(stream: Stream, clock: Clock): void {
  const giveUp = (): void => stream.abort(new RangeError('nobody pings on the stream of pings'))
  let cancel = clock.schedule(PING_STREAM_IDLE_MS, giveUp)
  stream.addEventListener('message', ({ data }) => {
    cancel()
    cancel = clock.schedule(PING_STREAM_IDLE_MS, giveUp)
    try {
      if (!stream.send(data)) stream.pause()
    } catch {
      // it has ended meanwhile
    }
  })
  stream.addEventListener('drain', () => {
    if (stream.readStatus === 'paused') stream.resume()
  })
  stream.addEventListener('remoteCloseWrite', () => {
    stream.close().catch((error: unknown) => stream.abort(error as Error))
  })
  stream.addEventListener('close', () => cancel())
}
