import { peerId } from '@daa-compute/interface'
import type { Channel, PeerId } from '@daa-compute/interface'
import type { ChannelPair, ConnectorPair } from '@daa-compute/testing'
import type { Libp2p } from '@libp2p/interface'
import { createLibp2p } from 'libp2p'
import { createConnector, createIdentity, memoryPreset, mergePresets } from '../../src/index.ts'
import type { StoppableConnector, TransportPreset } from '../../src/index.ts'

/** A transport to test over, and an address of it to listen on. */
export interface Network {
  readonly preset: () => TransportPreset
  readonly listen: () => string
}

let names = 0

/** Between nodes of this process. */
export const memoryNetwork: Network = {
  preset: memoryPreset,
  listen: () => `/memory/transport-spec-${names++}`
}

/** Starts a node that may dial private addresses, in browsers too. */
export function startNode(
  network: Network,
  listen: string[] = [network.listen()]
): Promise<Libp2p> {
  return createLibp2p({
    ...mergePresets(network.preset()),
    addresses: { listen },
    connectionGater: { denyDialMultiaddr: () => false }
  })
}

/** Two nodes of which each knows the other's addresses, and their connectors. */
export interface Pair {
  readonly nodes: readonly [Libp2p, Libp2p]
  readonly near: StoppableConnector
  readonly far: StoppableConnector
  dispose(): Promise<void>
}

export async function startPair(
  network: Network,
  options: { maxFrameLength?: number } = {}
): Promise<Pair> {
  const nodes = [await startNode(network), await startNode(network)] as const
  for (const [a, b] of [nodes, [nodes[1], nodes[0]] as const]) {
    await a.peerStore.merge(b.peerId, { multiaddrs: b.getMultiaddrs() })
  }
  const near = createConnector({ libp2p: nodes[0], ...options })
  const far = createConnector({ libp2p: nodes[1], ...options })
  return {
    nodes,
    near,
    far,
    async dispose() {
      await Promise.all([near.stop(), far.stop()])
      await Promise.all(nodes.map((node) => node.stop()))
    }
  }
}

export async function channelPair(network: Network): Promise<ChannelPair & { pair: Pair }> {
  const pair = await startPair(network)
  return { ...(await openChannel(pair)), pair, dispose: () => pair.dispose() }
}

let protocols = 0

/** One more channel between the connectors of a pair. */
export async function openChannel(pair: Pair): Promise<{ near: Channel; far: Channel }> {
  const protocol = `/test/pair/${protocols++}`
  const { promise, resolve } = Promise.withResolvers<Channel>()
  const stop = await pair.far.accept(protocol, resolve)
  const near = await pair.near.open(peerId(pair.nodes[1].peerId.toString()), protocol)
  const far = await promise
  await stop()
  return { near, far }
}

export async function connectorPair(network: Network): Promise<ConnectorPair> {
  const pair = await startPair(network)
  const nobody: PeerId = (await createIdentity()).peer
  return {
    near: pair.near,
    far: pair.far,
    nobody,
    stopNear: () => pair.near.stop(),
    dispose: () => pair.dispose()
  }
}
