import type { Libp2p, Stream } from '@libp2p/interface'
import { multiaddr } from '@multiformats/multiaddr'
import { type Lane, pieces } from './lane.ts'

const PROTOCOL = '/bench/stream/1'

/**
 * A libp2p stream as it is, with backpressure by the `drain` event: `onDrain()`
 * resolves at once after the first time.
 */
export async function createStreamLane(
  libp2p: Libp2p,
  onReceived: (bytes: number) => void
): Promise<Lane> {
  const peer = Promise.withResolvers<Stream>()
  const take = (stream: Stream): void => {
    stream.addEventListener('message', ({ data }) => {
      onReceived(data.byteLength)
    })
    peer.resolve(stream)
  }
  await libp2p.handle(PROTOCOL, take)
  return {
    address: libp2p.getMultiaddrs().map(String)[0] ?? '',
    async dial(address) {
      take(await libp2p.dialProtocol(multiaddr(address), PROTOCOL))
    },
    async send(bytes) {
      const stream = await peer.promise
      for (const piece of pieces(bytes)) {
        if (stream.send(piece)) continue
        await new Promise<void>((resolve) => {
          stream.addEventListener('drain', () => resolve(), { once: true })
        })
      }
    },
    readAtMost() {
      throw new Error('libp2p resets a stream that pauses: its window outgrows its read buffer')
    }
  }
}
