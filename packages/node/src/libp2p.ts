import { discoveryPreset, type PubsubNode } from '@daa-compute/discovery'
import {
  cloudPreset,
  type ConnectionGuard,
  createIdentity,
  explainListenError,
  type Identity,
  identityFromSeed,
  memoryPreset,
  mergePresets
} from '@daa-compute/transport'
import { loadOrCreateIdentity } from '@daa-compute/transport/node'
import { createLibp2p } from 'libp2p'
import { listenAddressesOf, type SwarmConfig } from './config.ts'

/**
 * Builds the libp2p node from the fragments of transport and discovery, and
 * starts it. The only place that does.
 *
 * @throws {ListenError} when an address is taken or not ours
 */
export async function startLibp2p(
  config: SwarmConfig,
  identity: Identity,
  guard: ConnectionGuard
): Promise<PubsubNode> {
  const listen = listenAddressesOf(config)
  const inMemory = [...listen, ...(config.bootstrapNodes ?? [])].some((address) =>
    address.startsWith('/memory/')
  )
  const { tls, iceServers, postQuantum } = config
  const network = cloudPreset({ tls, iceServers, postQuantum })
  const libp2p: PubsubNode = await createLibp2p({
    ...(inMemory ? mergePresets(network, memoryPreset({ postQuantum })) : network),
    ...guard.preset,
    // bootstrap nodes are dialled by `bootstrap`, which says what is wrong with one
    ...discoveryPreset({ mdns: config.enableMdns }),
    privateKey: identity.privateKey,
    addresses: { listen },
    start: false
  })
  try {
    await libp2p.start()
  } catch (error) {
    await libp2p.stop()
    throw explainListenError(error) ?? error
  }
  return libp2p
}

/** @throws {IdentityError} for a file or seed that cannot be used */
export function identityOf({ identity }: SwarmConfig): Promise<Identity> {
  if (identity === undefined) return createIdentity()
  if (typeof identity === 'string') return loadOrCreateIdentity(identity)
  if (identity instanceof Uint8Array) return identityFromSeed(identity)
  if ('passphrase' in identity) return loadOrCreateIdentity(identity.path, identity)
  return Promise.resolve(identity)
}
