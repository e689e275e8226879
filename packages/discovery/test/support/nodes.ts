import { peerId, type PeerDirectory, type Random } from '@daa-compute/interface'
import { noise } from '@libp2p/noise'
import { tcp } from '@libp2p/tcp'
import { yamux } from '@libp2p/yamux'
import { createLibp2p } from 'libp2p'
import { expect, onTestFinished } from 'vitest'
import {
  connectDirectory,
  createBroadcast,
  createRunDirectory,
  discoveryPreset,
  type DiscoveryPresetOptions,
  type PubsubNode,
  type RunDirectory,
  type RunDirectoryInit,
  wallClockIncarnation
} from '../../src/index.ts'
import { platformClock } from './platform-clock.ts'

const platformRandom: Random = {
  fill: (bytes) => crypto.getRandomValues(bytes),
  next: () => Math.random()
}

/** A started libp2p node on a free loopback port; it stops when the test has finished. */
export async function startNode(options: DiscoveryPresetOptions = {}): Promise<PubsubNode> {
  const node = await createLibp2p({
    addresses: { listen: ['/ip4/127.0.0.1/tcp/0'] },
    transports: [tcp()],
    connectionEncrypters: [noise()],
    streamMuxers: [yamux()],
    ...discoveryPreset(options)
  })
  onTestFinished(async () => {
    await node.stop()
  })
  return node
}

/** One of a node's addresses as text. */
export function addressOf(node: PubsubNode): string {
  return String(node.getMultiaddrs()[0])
}

/** A directory over a node's gossipsub, wired to its peer store. */
export function joinRun(
  node: PubsubNode,
  runId: string,
  init: Partial<RunDirectoryInit> = {}
): RunDirectory {
  const directory = createRunDirectory({
    runId,
    incarnation: wallClockIncarnation(),
    self: () => ({
      peer: peerId(node.peerId.toString()),
      addresses: node.getMultiaddrs().map(String),
      capabilities: {}
    }),
    broadcast: createBroadcast({ libp2p: node }),
    clock: platformClock,
    random: platformRandom,
    ...init
  })
  const disconnect = connectDirectory(node, directory)
  onTestFinished(async () => {
    disconnect()
    await directory.stop()
  })
  return directory
}

/** Resolves once the directory shows exactly these peers; the test's own timeout is the deadline. */
export async function shows(directory: PeerDirectory, nodes: readonly PubsubNode[]): Promise<void> {
  const wanted = nodes
    .map((node) => node.peerId.toString())
    .sort()
    .join()
  const now = (): string =>
    [...directory.peers()]
      .map(({ peer }) => peer)
      .sort()
      .join()
  if (now() === wanted) return
  await new Promise<void>((resolve) => {
    const unwatch = directory.watch(() => {
      if (now() !== wanted) return
      unwatch()
      resolve()
    })
  })
}

/** Several of {@link startNode}. */
export function startNodes(count: number): Promise<PubsubNode[]> {
  return Promise.all(Array.from({ length: count }, () => startNode()))
}

/** Resolves at the next event of a node's gossipsub. */
export function heard(
  node: PubsubNode,
  event: 'subscription-change' | 'gossipsub:heartbeat'
): Promise<void> {
  return new Promise((resolve) => {
    node.services.pubsub.addEventListener(event, () => resolve(), { once: true })
  })
}

/**
 * Resolves once a node can publish on a topic to somebody: has heard who subscribed,
 * and has a stream to them, without which gossipsub drops what it is given.
 */
export async function connected(node: Pick<PubsubNode, 'services'>, topic: string): Promise<void> {
  // public of the class, which gossipsub does not export
  const pubsub = node.services.pubsub as PubsubNode['services']['pubsub'] & {
    readonly streamsOutbound: ReadonlyMap<string, unknown>
  }
  await expect
    .poll(() =>
      pubsub.getSubscribers(topic).some((peer) => pubsub.streamsOutbound.has(peer.toString()))
    )
    .toBe(true)
}
