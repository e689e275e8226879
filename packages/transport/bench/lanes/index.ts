import { noise } from '@libp2p/noise'
import { plaintext } from '@libp2p/plaintext'
import { tcp } from '@libp2p/tcp'
import { webSockets } from '@libp2p/websockets'
import { yamux } from '@libp2p/yamux'
import { createLibp2p, type Libp2pOptions } from 'libp2p'
import { tcpPreset, webSocketPreset } from '../../src/index.ts'
import { createChannelLane } from './channel.ts'
import type { LaneFactory } from './lane.ts'
import { createRawLane } from './raw.ts'
import { createStreamLane } from './stream.ts'

const TCP = '/ip4/127.0.0.1/tcp/0'
const WEB_SOCKET = `${TCP}/ws`

/** libp2p with nothing of ours and no setting changed. */
const stock = { connectionEncrypters: [noise()], streamMuxers: [yamux()] }

export type LaneName = 'raw' | 'plaintext' | 'stock' | 'ours' | 'stock-ws' | 'ours-ws'

/** By the names that the benchmark and its processes know them by. */
export const lanes: Readonly<Record<LaneName, LaneFactory>> = {
  raw: createRawLane,
  plaintext: streams(TCP, { ...stock, connectionEncrypters: [plaintext()], transports: [tcp()] }),
  stock: streams(TCP, { ...stock, transports: [tcp()] }),
  ours: channels(TCP, tcpPreset()),
  'stock-ws': streams(WEB_SOCKET, { ...stock, transports: [webSockets()] }),
  'ours-ws': channels(WEB_SOCKET, webSocketPreset())
}

function streams(address: string, options: Libp2pOptions): LaneFactory {
  return async (listens, onReceived) =>
    await createStreamLane(
      await createLibp2p({ ...options, addresses: { listen: listens ? [address] : [] } }),
      onReceived
    )
}

function channels(address: string, options: Libp2pOptions): LaneFactory {
  return async (listens, onReceived) =>
    await createChannelLane(
      await createLibp2p({ ...options, addresses: { listen: listens ? [address] : [] } }),
      onReceived
    )
}
