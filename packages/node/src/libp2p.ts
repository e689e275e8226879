import { discoveryPreset, type PubsubNode } from '@daa-compute/discovery'
import {
  cloudPreset,
  type ConnectionGuard,
  createIdentity,
  edgePreset,
  explainListenError,
  type Identity,
  identityFromSeed,
  memoryPreset,
  mergePresets
} from '@daa-compute/transport'
import { loadOrCreateIdentity } from '@daa-compute/transport/node'
import { createLibp2p } from 'libp2p'
import { environmentOf, listenAddressesOf, type SwarmConfig } from './config.ts'
import { NodeError } from './errors.ts'

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
  const { tls, iceServers, iceTransportPolicy, postQuantum } = config
  const preset = environmentOf(config) === 'edge' ? edgePreset : cloudPreset
  const network = preset({ tls, iceServers, iceTransportPolicy, postQuantum })
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

/**
 * @throws {IdentityError} for a file or seed that cannot be used
 * @throws {NodeError} `BAD_CONFIG` for what is no identity
 */
export async function identityOf({ identity }: SwarmConfig): Promise<Identity> {
  if (identity === undefined) return await createIdentity()
  if (typeof identity === 'string') return await loadOrCreateIdentity(identity)
  if (identity instanceof Uint8Array) return await identityFromSeed(identity)
  if (typeof identity === 'object' && (identity as unknown) !== null) {
    if ('passphrase' in identity) return await loadOrCreateIdentity(identity.path, identity)
    if ('privateKey' in identity) return identity
  }
  // libp2p would make a new identity, unasked
  const kinds = 'the path of a key file, { path, passphrase }, a seed of 32 bytes or an Identity'
  throw new NodeError('BAD_CONFIG', `identity has to be ${kinds}`, {
    field: 'identity',
    value: undefined
  })
}
