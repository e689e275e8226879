import { suite } from '@daa-compute/bench'
import { type Budget, type Channel, peerId } from '@daa-compute/interface'
import { createLibp2p } from 'libp2p'
import {
  capConnector,
  createConnectionGuard,
  createConnectionMonitor,
  createConnector,
  type StoppableConnector,
  tcpPreset
} from '../src/index.ts'

const SECONDS = 10
const PROTOCOL = '/bench/budget/1'
const FRAME = new Uint8Array(32 * 1024)

interface Peer {
  readonly address: Parameters<Awaited<ReturnType<typeof createLibp2p>>['dial']>[0]
  readonly connector: StoppableConnector
  /** Bytes of all its connections so far, encryption and handshakes included. */
  total(way: 'up' | 'down'): number
  dial(address: Peer['address']): Promise<void>
  stop(): Promise<void>
}

async function startPeer(): Promise<Peer> {
  const guard = createConnectionGuard()
  const listen = ['/ip4/127.0.0.1/tcp/0']
  const libp2p = await createLibp2p({ ...tcpPreset(), ...guard.preset, addresses: { listen } })
  const monitor = createConnectionMonitor({ libp2p, guard })
  const connector = createConnector({ libp2p, guard })
  return {
    address: libp2p.getMultiaddrs(),
    connector,
    total: (way) =>
      monitor.connections
        .map(({ bytesSent, bytesReceived }) => (way === 'up' ? bytesSent : bytesReceived))
        .reduce((sum, bytes) => sum + bytes, 0),
    async dial(address) {
      await libp2p.dial(address)
    },
    async stop() {
      await connector.stop()
      await monitor.stop()
      await libp2p.stop()
    }
  }
}

/** What crosses a loopback connection of a capped peer in ten seconds, as a share of its cap. */
async function shareOf(way: 'up' | 'down', cap: number): Promise<number> {
  const budget: Budget = { [way === 'up' ? 'uploadBitsPerSecond' : 'downloadBitsPerSecond']: cap }
  const near = await startPeer()
  const far = await startPeer()
  try {
    const accepted = Promise.withResolvers<Channel>()
    await far.connector.accept(PROTOCOL, accepted.resolve)
    await near.dial(far.address)
    const capped = capConnector({ connector: near.connector, budget })
    const ours = await capped.open(peerId(far.connector.self), PROTOCOL)
    await ours.send(FRAME)
    const theirs = await accepted.promise
    const [sender, receiver] = way === 'up' ? [ours, theirs] : [theirs, ours]
    void pour(sender)
    void drain(receiver)
    // what flow control lets be under way comes once
    await sleep(4)
    const before = near.total(way)
    await sleep(SECONDS)
    return ((near.total(way) - before) * 8) / SECONDS / cap
  } finally {
    await Promise.all([near.stop(), far.stop()])
  }
}

async function pour(channel: Channel): Promise<void> {
  try {
    for (;;) await channel.send(FRAME)
  } catch {
    // the end of the measurement
  }
}

async function drain(channel: Channel): Promise<void> {
  try {
    while ((await channel.receive()) !== undefined);
  } catch {
    // the end of the measurement
  }
}

function sleep(seconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, seconds * 1000))
}

suite(
  'budget: bytes on a loopback socket in 10 s, of what the cap allows',
  (s) => {
    for (const way of ['up', 'down'] as const) {
      for (const [name, cap] of [
        ['10 Mbit/s', 10e6],
        ['50 Mbit/s', 50e6]
      ] as const) {
        s.measure(`${way}, ${name}`, {
          run: async () => ({ value: 100 * (await shareOf(way, cap)), unit: '%' })
        })
        s.must(`${way}, ${name}`, { of: 'worst', atLeast: 95, atMost: 105 })
      }
    }
  },
  { samples: 1 }
)
