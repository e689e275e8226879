import { circuitRelayServer } from '@libp2p/circuit-relay-v2'
import { cloudPreset } from '@daa-compute/transport'
import { createLibp2p, type Libp2p } from 'libp2p'
import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { createNode, DEFAULT_LISTEN_ADDRESSES } from '../src/index.ts'
import type { P2PNetwork, SwarmConfig } from '../src/index.ts'
import { stopAll } from './local-swarm.ts'

let relay: Libp2p
const nodes: P2PNetwork[] = []

beforeEach(async () => {
  const preset = cloudPreset()
  relay = await createLibp2p({
    ...preset,
    addresses: { listen: ['/ip4/127.0.0.1/tcp/0/ws'] },
    services: { ...preset.services, relay: circuitRelayServer() }
  })
})

afterEach(async () => {
  await stopAll(nodes.splice(0))
  await relay.stop()
})

async function start(config: SwarmConfig): Promise<P2PNetwork> {
  const node = await createNode(config)
  nodes.push(node)
  return node
}

/** The address by which a relay introduces a node to others. */
const introduced = (node: P2PNetwork): string | undefined =>
  node.addresses.find((address) => address.includes('/p2p-circuit/webrtc/'))

it.each(['cloud', 'edge'] as const)(
  'a node at the edge is reached through a relay by one in the %s, directly in the end',
  async (environment) => {
    const near = await start({
      environment: 'edge',
      bootstrapNodes: relay.getMultiaddrs().map(String)
    })
    const address = await vi.waitUntil(() => introduced(near), { timeout: 20_000 })
    expect(near.addresses.filter((own) => own.includes('/ip4/127.0.0.1/tcp/'))).not.toEqual([])
    const far = await start({ environment, bootstrapNodes: [address] })
    await far.bootstrap()
    const results = await Promise.all(
      [near, far].map((node, i) => node.allReduce(new Float32Array(300_000).fill(i)))
    )
    for (const { values, participants } of results) {
      expect(participants).toHaveLength(2)
      expect(new Set(values as Float32Array)).toEqual(new Set([0.5]))
    }
    // what a relay carries at most by default is less than was sent
    const links = far.connections.filter(({ peer }) => peer === near.peerId)
    expect(links).toContainEqual(expect.objectContaining({ relayed: false, transport: 'webrtc' }))
  }
)

it('a node in the cloud listens on its own network only', async () => {
  const node = await start({ bootstrapNodes: relay.getMultiaddrs().map(String) })
  await node.bootstrap()
  expect(DEFAULT_LISTEN_ADDRESSES).toHaveLength(2)
  expect(node.addresses.filter((address) => !/\/tcp\/\d+(?:\/ws)?\/p2p\//.test(address))).toEqual(
    []
  )
})

it('at the edge there is no WebRTC where post-quantum encryption is required', async () => {
  const node = await start({
    environment: 'edge',
    postQuantum: 'require',
    bootstrapNodes: relay.getMultiaddrs().map(String)
  })
  await vi.waitUntil(() => node.addresses.some((address) => address.includes('/p2p-circuit')), {
    timeout: 20_000
  })
  expect(introduced(node)).toBeUndefined()
})
