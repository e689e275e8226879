import type { PeerId } from '@daa-compute/interface'
import type { Connection, Libp2p, NewStreamOptions, Stream } from '@libp2p/interface'
import { peerIdFromString } from '@libp2p/peer-id'

/** A stream, and the connection that it belongs to. */
export interface OpenedStream {
  readonly stream: Stream
  readonly connection: Connection
}

/**
 * Opens a stream to a peer, over a connection there is or a new one.
 *
 * @throws what libp2p throws
 */
export async function openStream(
  libp2p: Pick<Libp2p, 'dial'>,
  peer: PeerId,
  protocol: string,
  options: NewStreamOptions & { readonly signal: AbortSignal }
): Promise<OpenedStream> {
  const { signal } = options
  const id = peerIdFromString(peer)
  for (let first = true; ; first = false) {
    const connection = await libp2p.dial(id, { signal })
    try {
      return { stream: await connection.newStream(protocol, options), connection }
    } catch (error) {
      // the connection was a leftover of a peer that has gone or come back since
      if (first && connection.status !== 'open' && !signal.aborted) continue
      throw error
    }
  }
}
