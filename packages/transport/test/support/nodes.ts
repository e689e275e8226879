import { peerId } from '@daa-compute/interface'
import type { Channel } from '@daa-compute/interface'
import type { ChannelPair, ConnectorPair } from '@daa-compute/testing'
import type { Libp2p } from '@libp2p/interface'
import { createLibp2p } from 'libp2p'
import { createConnector, createIdentity, memoryPreset } from '../../src/index.ts'
import { DEFAULT_MAX_FRAME_LENGTH, PAUSE_ABOVE, STREAM_WINDOW } from '../../src/constants.ts'
import type { ConnectorInit, StoppableConnector, TransportPreset } from '../../src/index.ts'

/** A transport to test over, and an address of it to listen on. */
export interface Network {
  readonly preset: () => TransportPreset
  readonly listen: () => string
}

/**
 * What a paused reader may hold up, in bytes: the window that came before it
 * paused, another one since, what it keeps itself, and the frames at both ends.
 */
export const MAX_IN_FLIGHT: number = 2 * STREAM_WINDOW + PAUSE_ABOVE + 2 * DEFAULT_MAX_FRAME_LENGTH

let names = 0

/** Between nodes of this process. */
export const memoryNetwork: Network = {
  preset: memoryPreset,
  listen: () => `/memory/transport-spec-${names++}`
}

/** Starts a node; a browser's may dial private addresses as well. */
export function startNode(
  network: Network,
  listen: string[] = [network.listen()]
): Promise<Libp2p> {
  return createLibp2p({
    ...network.preset(),
    addresses: { listen },
    connectionGater: { denyDialMultiaddr: () => false }
  })
}

/** Lets one node know where the other listens. */
export async function introduce(node: Libp2p, other: Libp2p): Promise<void> {
  await node.peerStore.merge(other.peerId, { multiaddrs: other.getMultiaddrs() })
}

/** Two nodes that know each other, and fresh connectors of them. */
export interface Duo {
  nodes(): Promise<readonly [near: Libp2p, far: Libp2p]>
  connectors(options?: Omit<ConnectorInit, 'libp2p'>): Promise<Connectors>
  channel(): Promise<ChannelPair>
  connectorPair(): Promise<ConnectorPair>
  stop(): Promise<void>
}

export interface Connectors {
  readonly near: StoppableConnector
  readonly far: StoppableConnector
  dispose(): Promise<void>
}

/** The nodes start when first needed and serve all tests of a file: stopping one takes half a second. */
export function createDuo(network: Network): Duo {
  let started: Promise<readonly [Libp2p, Libp2p]> | undefined

  async function start(): Promise<readonly [Libp2p, Libp2p]> {
    const [near, far] = await Promise.all([startNode(network), startNode(network)])
    await introduce(near, far)
    await introduce(far, near)
    return [near, far]
  }

  const duo: Duo = {
    nodes() {
      started ??= start()
      return started
    },
    async connectors(options = {}) {
      const [nearNode, farNode] = await duo.nodes()
      const near = createConnector({ libp2p: nearNode, ...options })
      const far = createConnector({ libp2p: farNode, ...options })
      return {
        near,
        far,
        async dispose() {
          await Promise.all([near.stop(), far.stop()])
        }
      }
    },
    async channel() {
      const connectors = await duo.connectors()
      return { ...(await openChannel(connectors)), dispose: () => connectors.dispose() }
    },
    async connectorPair() {
      const { near, far, dispose } = await duo.connectors()
      const { peer } = await createIdentity()
      return { near, far, nobody: peer, stopNear: () => near.stop(), dispose }
    },
    async stop() {
      for (const node of (await started) ?? []) await node.stop()
    }
  }
  return duo
}

let protocols = 0

/** One more channel between two connectors. */
export async function openChannel(
  connectors: Connectors
): Promise<{ readonly near: Channel; readonly far: Channel }> {
  const protocol = `/test/pair/${protocols++}`
  const { promise, resolve } = Promise.withResolvers<Channel>()
  const stop = await connectors.far.accept(protocol, resolve)
  const near = await connectors.near.open(peerId(connectors.far.self), protocol)
  const far = await promise
  await stop()
  return { near, far }
}
