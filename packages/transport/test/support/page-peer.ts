/** What runs in the tabs of `tabs.ts`: a peer of ours in a page. */
import { peerId } from '@daa-compute/interface'
import { multiaddr } from '@multiformats/multiaddr'
import { browserPreset, type ConnectionInfo } from '../../src/index.ts'
import { bytesOf, CHANNEL_ECHO } from './echo.ts'
import { serveChannelEcho } from './channel-echo.ts'
import { startGuarded } from './guarded.ts'

/** A node in a page; what goes in and comes out is JSON. */
export interface PagePeer {
  addresses(): readonly string[]
  /** @returns the peer that is there */
  dial(address: string): Promise<string>
  /** Sends bytes to a peer that echoes them. @returns how many came back unchanged */
  exchange(peer: string, length: number): Promise<number>
  /** All open connections to a peer. */
  links(peer: string): Promise<readonly ConnectionInfo[]>
}

/** @param listen where others reach it; nowhere, if empty */
export async function startPeer(listen: string[]): Promise<PagePeer> {
  const { libp2p, connector, monitor } = await startGuarded({
    preset: browserPreset(),
    listen,
    // two tabs and a browser's start on a machine that may have much else to do
    dialTimeoutMs: 40_000
  })
  await serveChannelEcho(connector)
  return {
    addresses: () => libp2p.getMultiaddrs().map(String),
    async dial(address) {
      return String((await libp2p.dial(multiaddr(address))).remotePeer)
    },
    async exchange(peer, length) {
      const channel = await connector.open(peerId(peer), CHANNEL_ECHO)
      const bytes = bytesOf(length)
      let unchanged = 0
      for (let at = 0; at < length; at += channel.maxFrameLength) {
        const frame = bytes.subarray(at, at + channel.maxFrameLength)
        const [back] = await Promise.all([channel.receive(), channel.send(frame)])
        if (back?.length === frame.length && back.every((byte, i) => byte === frame[i])) {
          unchanged += frame.length
        }
      }
      await channel.close()
      return unchanged
    },
    async links(peer) {
      return monitor.connections.filter((connection) => connection.peer === peer)
    }
  }
}
