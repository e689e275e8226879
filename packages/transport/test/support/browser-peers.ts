/**
 * The peers that specs in the browser talk to, in a process of Node: one of ours, a
 * stock one, which relays too, and one of go-libp2p where there is Go. Prints
 * their addresses as a line of JSON and ends with its input.
 */
import type { Channel } from '@daa-compute/interface'
import { circuitRelayServer } from '@libp2p/circuit-relay-v2'
import { webRTCDirect } from '@libp2p/webrtc'
import { webSockets } from '@libp2p/websockets'
import { multiaddr } from '@multiformats/multiaddr'
import { cloudPreset, createConnector } from '../../src/index.ts'
import { serveChannelEcho } from './channel-echo.ts'
import { bytesOf, CALL_BACK, ECHO, exchange, serveEcho } from './echo.ts'
import { findGo, startGoPeer } from './go-peer.ts'
import { startNode } from './nodes.ts'
import { startStock } from './stock.ts'

/** Multiaddrs of the peers. */
export interface BrowserPeers {
  readonly ours: readonly string[]
  readonly stock: readonly string[]
  /** Empty where there is no Go. */
  readonly go: readonly string[]
}

const listen = ['/ip4/127.0.0.1/tcp/0/ws', '/ip4/127.0.0.1/udp/0/webrtc-direct']
const stock = await startStock(
  [webSockets(), webRTCDirect({ rtcConfiguration: { iceServers: [] } })],
  listen,
  { relay: circuitRelayServer() }
)
const relay = stock
  .getMultiaddrs()
  .map(String)
  .find((address) => address.includes('/ws/'))
const ours = await startNode({ preset: cloudPreset, listen: () => '' }, [
  ...listen,
  `${relay}/p2p-circuit`,
  '/webrtc'
])
await Promise.all([serveEcho(ours), serveEcho(stock)])
const connector = createConnector({ libp2p: ours })
await serveChannelEcho(connector)
await connector.accept(CALL_BACK, (channel) => {
  callBack(channel).catch((error: unknown) => channel.abort(error as Error))
})

const found = findGo()
const go = found === undefined ? undefined : await startGoPeer(found)
const peers: BrowserPeers = {
  ours: ours.getMultiaddrs().map(String),
  stock: stock.getMultiaddrs().map(String),
  go: go?.addresses ?? []
}
console.log(JSON.stringify(peers))

process.stdin.resume().once('end', () => {
  void Promise.all([connector.stop(), go?.stop()])
    .then(() => Promise.all([ours.stop(), stock.stop()]))
    .finally(() => process.exit())
})

/** Dials the address that comes, even if there is a connection, has it echo, and says over what. */
async function callBack(channel: Channel): Promise<void> {
  const address = new TextDecoder().decode(await channel.receive())
  const connection = await ours.dial(multiaddr(address), { force: true })
  const bytes = bytesOf(300_000)
  const back = await exchange(await connection.newStream(ECHO), bytes)
  const said = Buffer.compare(back, bytes) === 0 ? connection.multiplexer : 'something else'
  await channel.send(new TextEncoder().encode(said))
}
