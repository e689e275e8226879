import { type Channel, peerId } from '@daa-compute/interface'
import type { Libp2p } from '@libp2p/interface'
import { multiaddr } from '@multiformats/multiaddr'
import { createConnector } from '../../src/index.ts'
import { createPace, type Lane, pieces } from './lane.ts'

const PROTOCOL = '/bench/channel/1'

/** A `Channel` of ours. */
export async function createChannelLane(
  libp2p: Libp2p,
  onReceived: (bytes: number) => void
): Promise<Lane> {
  const connector = createConnector({ libp2p })
  const peer = Promise.withResolvers<Channel>()
  const pace = createPace()
  const take = (channel: Channel): void => {
    void read(channel)
    peer.resolve(channel)
  }
  async function read(channel: Channel): Promise<void> {
    for (;;) {
      const frame = await channel.receive()
      if (frame === undefined) return
      onReceived(frame.byteLength)
      const wait = pace.after(frame.byteLength)
      if (wait > 0) await new Promise((resolve) => setTimeout(resolve, wait))
    }
  }
  await connector.accept(PROTOCOL, take)
  return {
    address: libp2p.getMultiaddrs().map(String)[0] ?? '',
    async dial(address) {
      const { remotePeer } = await libp2p.dial(multiaddr(address))
      take(await connector.open(peerId(remotePeer.toString()), PROTOCOL))
    },
    async send(bytes) {
      const channel = await peer.promise
      for (const piece of pieces(bytes)) await channel.send(piece)
    },
    readAtMost: (rate) => pace.limit(rate)
  }
}
