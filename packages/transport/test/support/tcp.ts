import { tcpPreset, webSocketPreset } from '../../src/index.ts'
import type { Network } from './nodes.ts'

/** TCP over the loopback interface. */
export const tcpNetwork: Network = {
  preset: tcpPreset,
  listen: () => '/ip4/127.0.0.1/tcp/0'
}

/** WebSocket over the loopback interface. */
export const webSocketNetwork: Network = {
  preset: webSocketPreset,
  listen: () => '/ip4/127.0.0.1/tcp/0/ws'
}
