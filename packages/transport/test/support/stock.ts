import { identify } from '@libp2p/identify'
import { noise } from '@libp2p/noise'
import { yamux } from '@libp2p/yamux'
import { createLibp2p, type Libp2pOptions } from 'libp2p'
import type { Libp2p } from '@libp2p/interface'

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
