import { createConnector, type StoppableConnector, tcpPreset } from '@daa-compute/transport'
import type { Libp2p } from '@libp2p/interface'
import { createLibp2p } from 'libp2p'

/** A node with nothing but a connector over TCP. */
export async function startPeer(): Promise<{
  readonly libp2p: Libp2p
  readonly connector: StoppableConnector
  readonly addresses: readonly string[]
}> {
  const libp2p = await createLibp2p({
    ...tcpPreset(),
    addresses: { listen: ['/ip4/127.0.0.1/tcp/0'] }
  })
  const connector = createConnector({ libp2p })
  return { libp2p, connector, addresses: libp2p.getMultiaddrs().map(String) }
}
