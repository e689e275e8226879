import type { Reading } from '@daa-compute/bench'
import type { Libp2p } from '@libp2p/interface'
import { createLibp2p } from 'libp2p'
import {
  createConnectionGuard,
  createConnectionMonitor,
  createConnector,
  tcpPreset,
  webSocketPreset
} from '../../src/index.ts'
import type { ConnectionGuard, ConnectionMonitor, StoppableConnector } from '../../src/index.ts'

/** Transports to connect by. */
export type CycleTransport = 'tcp' | 'websocket'

/** What some thousand cycles come to: what they leave behind, and how many there are in a second. */
export interface CycleReadings {
  readonly heap: Reading
  /** Outside V8's heap, as far as Node.js counts it. */
  readonly external: Reading
  /** What malloc has given out and not got back; not there where that cannot be read. */
  readonly native: Reading | undefined
  readonly rss: Reading
  readonly handles: Reading
  readonly rate: Reading
}

/** A node with all that watches it. */
interface Watched {
  readonly libp2p: Libp2p
  readonly guard: ConnectionGuard
  readonly monitor: ConnectionMonitor
  readonly connector: StoppableConnector
}

/** Two nodes of this process that connect, exchange a frame and disconnect. */
export interface Cycles {
  readonly near: Watched
  readonly far: Watched
  /** One after the other; `after` is called after each. */
  run(count: number, after: () => void): Promise<void>
  stop(): Promise<void>
}

const PROTOCOL = '/bench/cycle/1'

const OF_TRANSPORT = {
  tcp: { preset: tcpPreset, listen: '/ip4/127.0.0.1/tcp/0' },
  websocket: { preset: webSocketPreset, listen: '/ip4/127.0.0.1/tcp/0/ws' }
}

export async function startCycles(transport: CycleTransport): Promise<Cycles> {
  const { preset, listen } = OF_TRANSPORT[transport]
  const start = async (addresses: string[]): Promise<Watched> => {
    const guard = createConnectionGuard({ limits: { connectionBurst: Infinity } })
    const options = { ...preset(), ...guard.preset, addresses: { listen: addresses } }
    const libp2p = await createLibp2p(options)
    const monitor = createConnectionMonitor({ libp2p, guard })
    return { libp2p, guard, monitor, connector: createConnector({ libp2p, guard }) }
  }
  const [near, far] = [await start([]), await start([listen])]
  await far.connector.accept(PROTOCOL, (channel) => {
    const echo = async (): Promise<void> => {
      for (let frame = await channel.receive(); frame; frame = await channel.receive()) {
        await channel.send(frame)
      }
    }
    // the dialler may leave first
    echo().catch(() => {})
  })
  return {
    near,
    far,
    async run(count, after) {
      for (let i = 0; i < count; i++) {
        await cycle(near, far)
        after()
      }
    },
    async stop() {
      for (const { connector, monitor, libp2p } of [near, far]) {
        await connector.stop()
        await monitor.stop()
        await libp2p.stop()
      }
    }
  }
}

async function cycle(near: Watched, far: Watched): Promise<void> {
  const connection = await near.libp2p.dial(far.libp2p.getMultiaddrs())
  const channel = await near.connector.open(far.connector.self, PROTOCOL)
  await channel.send(Uint8Array.of(1))
  await channel.receive()
  await channel.close()
  const left = new Promise((resolve) => {
    const end = far.monitor.on('connection:close', () => {
      end()
      resolve(undefined)
    })
  })
  // the other end may have closed it, too
  await connection.close().catch((error: unknown) => connection.abort(error as Error))
  await left
}
