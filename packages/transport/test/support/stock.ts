import { identify } from '@libp2p/identify'
import { noise } from '@libp2p/noise'
import { yamux } from '@libp2p/yamux'
import { createLibp2p, type Libp2pOptions } from 'libp2p'
import type { Connection, Libp2p } from '@libp2p/interface'
import type { Multiaddr } from '@multiformats/multiaddr'

/** A libp2p node as anybody would configure it: nothing of this package in it. */
export function startStock(
  transports: Libp2pOptions['transports'],
  listen: readonly string[],
  services: NonNullable<Libp2pOptions['services']> = {}
): Promise<Libp2p> {
  return createLibp2p({
    transports: transports ?? [],
    connectionEncrypters: [noise()],
    streamMuxers: [yamux()],
    services: { identify: identify(), ...services },
    addresses: { listen: [...listen] },
    connectionGater: { denyDialMultiaddr: () => false }
  })
}

/** Stock libp2p waits in vain in the cases of `WEBRTC_HEDGE_MS`: the dial is made anew. */
export async function dialAgain(node: Libp2p, target: Multiaddr): Promise<Connection> {
  for (;;) {
    try {
      return await node.dial(target, { signal: AbortSignal.timeout(3000) })
    } catch (error) {
      if ((error as Error).name !== 'TimeoutError') throw error
    }
  }
}
