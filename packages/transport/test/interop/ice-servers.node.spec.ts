import { circuitRelayServer } from '@libp2p/circuit-relay-v2'
import type { Libp2p } from '@libp2p/interface'
import { webSockets } from '@libp2p/websockets'
import { multiaddr } from '@multiformats/multiaddr'
import { afterEach, expect, it } from 'vitest'
import { edgePreset } from '../../src/index.ts'
import { startNode } from '../support/nodes.ts'
import { startStock } from '../support/stock.ts'
import { startStunServer } from '../support/stun-server.ts'

const nodes: Libp2p[] = []
afterEach(async () => {
  await Promise.all(nodes.splice(0).map((node) => node.stop()))
})

it('asks the given servers, at both ends', async () => {
  const stun = await startStunServer()
  try {
    const relay = await startStock([webSockets()], ['/ip4/127.0.0.1/tcp/0/ws'], {
      relay: circuitRelayServer()
    })
    const preset = (): ReturnType<typeof edgePreset> =>
      edgePreset({
        iceServers: [
          { urls: [`stun:${stun.host}`] },
          { urls: `turn:${stun.host}?transport=udp`, username: 'alice', credential: 'secret' }
        ]
      })
    const at = `${String(relay.getMultiaddrs()[0])}/p2p-circuit`
    const listener = await startNode({ preset, listen: () => '' }, [at, '/webrtc'])
    const dialler = await startNode({ preset, listen: () => '' }, [])
    nodes.push(relay, listener, dialler)
    await dialler.dial(multiaddr(`${at}/webrtc/p2p/${String(listener.peerId)}`))
    // they may have found each other before they have an answer
    await expect.poll(() => stun.clients.size).toBeGreaterThanOrEqual(2)
    await expect.poll(() => stun.users.size).toBeGreaterThan(0)
    expect([...stun.users]).toEqual(['alice'])
    expect(dialler.getConnections(listener.peerId).some(({ direct }) => direct)).toBe(true)
  } finally {
    stun.close()
  }
})
