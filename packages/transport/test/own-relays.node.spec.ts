import { circuitRelayServer } from '@libp2p/circuit-relay-v2'
import { identify } from '@libp2p/identify'
import { createLibp2p } from 'libp2p'
import type { Libp2p } from 'libp2p'
import { afterEach, describe, expect, it } from 'vitest'
import { mergePresets, relayPreset, tcpPreset } from '../src/index.ts'
import { eventually } from './support/eventually.ts'

const LOOPBACK = '/ip4/127.0.0.1/tcp/0'

describe('a relay that nobody has asked for', () => {
  const nodes: Libp2p[] = []

  afterEach(async () => {
    for (const node of nodes.splice(0)) await node.stop()
  })

  async function startRelay(): Promise<Libp2p> {
    const node = await createLibp2p({
      ...tcpPreset(),
      addresses: { listen: [LOOPBACK] },
      services: { identify: identify(), relay: circuitRelayServer() }
    })
    nodes.push(node)
    return node
  }

  it('gets no place on the way to a node by connecting to it; the one that the node dials does', async () => {
    const [evil, honest] = [await startRelay(), await startRelay()]
    const node = await createLibp2p({
      ...mergePresets(relayPreset(), tcpPreset()),
      addresses: { listen: [LOOPBACK, '/p2p-circuit'] }
    })
    nodes.push(node)
    await evil.dial(node.getMultiaddrs())
    // it has said that it is a relay
    await eventually(async () => {
      const { protocols } = await node.peerStore.get(evil.peerId)
      expect(protocols).toContain('/libp2p/circuit/relay/0.2.0/hop')
    })
    await node.dial(honest.getMultiaddrs())
    const relayed = (): string[] =>
      node
        .getMultiaddrs()
        .map(String)
        .filter((address) => address.includes('p2p-circuit'))
    await eventually(() => expect(relayed()).not.toEqual([]))
    for (const address of relayed()) expect(address).toContain(String(honest.peerId))
  })
})
