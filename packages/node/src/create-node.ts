import { createCodec } from '@daa-compute/compression'
import { createConnectionGuard, systemClock } from '@daa-compute/transport'
import { checkConfig } from './check-config.ts'
import { codecOf, type SwarmConfig } from './config.ts'
import { Libp2pNetwork } from './libp2p-network.ts'
import { identityOf, startLibp2p } from './libp2p.ts'
import type { P2PNetwork } from './network.ts'

/**
 * Creates a node and starts it: when this resolves it listens and can be joined.
 *
 * @throws {NodeError} `BAD_CONFIG`, `UNKNOWN_FIELD` for one that is misspelt; with
 * `thread`, `CANNOT_CROSS`, `THREAD_LOST`
 * @throws {LimitsError} for a limit that is none
 * @throws {CodecError} for a codec or compression level that does not exist
 * @throws {IdentityError} for a key file or seed that cannot be used
 * @throws {ListenError} for an address that is taken or not this machine's
 * @throws {TransportError} for `postQuantum`, `iceServers` or `iceTransportPolicy` that cannot be
 */
export async function createNode(config: SwarmConfig = {}): Promise<P2PNetwork> {
  checkConfig(config)
  if (config.thread === true) {
    // who has no thread need not load what makes one
    const { connectNetwork } = await import('./thread/remote-network.ts')
    const { createNetworkThread } = await import('./thread/network-thread.ts')
    return await connectNetwork(createNetworkThread, config)
  }
  const codec = codecOf(config)
  // a codec that does not exist should fail here, not at the first round
  await createCodec(codec)
  const identity = await identityOf(config)
  const { limits, metrics } = config
  const guard = createConnectionGuard({ limits, metrics, clock: systemClock })
  const libp2p = await startLibp2p(config, identity, guard)
  const network = new Libp2pNetwork({ config, codec, identity, libp2p, guard })
  try {
    await network.start()
  } catch (error) {
    await network.stop()
    throw error
  }
  return network
}
